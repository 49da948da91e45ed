// SPDX-License-Identifier: MIT
#include "sinks/mongodb/client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace fithome::sinks {
namespace {

// So long does the end of the daemon wait for a server that says nothing; where the owner's URI
// asks for more, for that.
constexpr int kPatienceMs = 3000;

void set_unless_said(mongoc_uri_t* uri, const char* option) {
  if (!mongoc_uri_has_option(uri, option)) {
    mongoc_uri_set_option_as_int32(uri, option, kPatienceMs);
  }
}

// The driver would speak of a server that cannot be reached.
Result<void> check_files(const mongoc_uri_t* uri) {
  for (const char* option : {MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSCERTIFICATEKEYFILE}) {
    const char* file = mongoc_uri_get_option_as_utf8(uri, option, nullptr);
    if (file == nullptr || ::access(file, R_OK) == 0) continue;
    return fail(Code::invalid,
                fmt::format("mongodb.uri: {} \"{}\" cannot be read: {}; see that it is "
                            "there, and that fithome's user may read it",
                            option, file, std::generic_category().message(errno)));
  }
  return {};
}

}  // namespace

Result<Client> open_client(const MongodbOptions& options) {
  bson_error_t error;
  const Uri uri(mongoc_uri_new_with_error(options.uri.c_str(), &error));
  if (!uri) {
    return fail(Code::invalid,
                "mongodb.uri: not the address of a server; say mongodb://HOST:PORT, see "
                "docs/mongodb.md");
  }
  FITHOME_TRY_VOID(check_files(uri.get()));
  if (!options.password.empty()) mongoc_uri_set_password(uri.get(), options.password.c_str());
  set_unless_said(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS);
  set_unless_said(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS);
  set_unless_said(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS);
  // Who called us tries again; two tries in one would take twice as long.
  if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_RETRYREADS)) {
    mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_RETRYREADS, false);
  }
  Client client(mongoc_client_new_from_uri_with_error(uri.get(), &error));
  if (!client) return fail(Code::invalid, "mongodb: " + text_of(error));
  mongoc_client_set_error_api(client.get(), MONGOC_ERROR_API_VERSION_2);
  mongoc_client_set_appname(client.get(), "fithome");
  return client;
}

std::string text_of(const bson_error_t& error) {
  std::string text = error.message;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

// The driver says only that nothing came, or that it was hung up on.
std::string text_of(const Client& client, const bson_error_t& error) {
  std::string text = text_of(error);
  if (error.domain != MONGOC_ERROR_SERVER_SELECTION) return text;
  const auto says = [&](const char* word) { return text.find(word) != text.npos; };
  const bool tls = mongoc_uri_get_tls(mongoc_client_get_uri(client.get()));
  if (tls && (says("timeout calling") || says("timed out calling") || says("closed"))) {
    text += "; it is asked over TLS: does it speak TLS there?";
  } else if (!tls && says("closed")) {
    text += "; if it wants TLS, say tls=true in mongodb.uri";
  }
  return text;
}

}  // namespace fithome::sinks
