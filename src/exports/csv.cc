// SPDX-License-Identifier: MIT
#include "exports/csv_text.h"
#include "exports/formats.h"
#include "exports/output.h"

namespace fithome::exports {
namespace {

std::string heading(const std::vector<Column>& columns) {
  std::string line = "time";
  for (const Column& column : columns) line += "," + column.name;
  return line + ",flags\n";
}

Result<Progress> write_text(const store::Reader& reader, const Request& request, Output& output,
                            const Watch& watch) {
  FITHOME_TRY(Frames frames, Frames::open(reader, request));
  FITHOME_TRY_VOID(output.write(heading(frames.columns())));
  TimeText time;
  RowTexts values(frames.columns());
  std::string text;
  return each_frame(frames, watch, [&](const Frame& frame) {
    text.clear();
    for (std::size_t row = 0; row < frame.rows(); ++row) {
      time.append(text, frame.time[row]);
      values.append(text, frame, row);
      text += ',';
      if (frame.flags[row] != 0) text += reading::flag_text(frame.flags[row]);
      text += '\n';
    }
    return output.write(text);
  });
}

}  // namespace

Result<Progress> write_csv(const store::Reader& reader, const Request& request,
                           const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(FileOutput file, FileOutput::open(path));
  FITHOME_TRY(const Progress progress, write_text(reader, request, file, watch));
  FITHOME_TRY_VOID(file.close());
  return progress;
}

Result<Progress> write_csv_gz(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(FileOutput file, FileOutput::open(path));
  GzipOutput gzip(file);
  FITHOME_TRY(const Progress progress, write_text(reader, request, gzip, watch));
  FITHOME_TRY_VOID(gzip.finish());
  FITHOME_TRY_VOID(file.close());
  return progress;
}

}  // namespace fithome::exports
