# SPDX-License-Identifier: MIT
#
# fithome::web: the page of web/, built by node into this build's folder and embedded in the program
# (src/api/assets.h). Packages go to web/node_modules, once for all builds; the network is asked for
# only when package-lock.json has changed. -DFITHOME_WEB=OFF builds a program without a page.
option(FITHOME_WEB "Embed the web page (needs nodejs and npm)" ON)
if(NOT FITHOME_WEB)
  return()
endif()

find_program(FITHOME_NODE NAMES node nodejs)
find_program(FITHOME_NPM npm)
foreach(tool NODE NPM)
  if(NOT FITHOME_${tool})
    string(TOLOWER ${tool} name)
    message(FATAL_ERROR "${name} is not there, and the web page needs it to be built. Install it with "
      "`apt install nodejs npm`, or configure with -DFITHOME_WEB=OFF for a program without a page.")
  endif()
endforeach()
execute_process(COMMAND ${FITHOME_NODE} --version OUTPUT_VARIABLE fithome_node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "v" "" fithome_node_version "${fithome_node_version}")
if(fithome_node_version VERSION_LESS 18)
  message(FATAL_ERROR "${FITHOME_NODE} is ${fithome_node_version}; the web page needs node 18 or newer to be "
    "built. Configure with -DFITHOME_NODE=PATH, or -DFITHOME_WEB=OFF for a program without a page.")
endif()

set(FITHOME_WEB_SOURCE ${PROJECT_SOURCE_DIR}/web)
set(FITHOME_WEB_BINARY ${PROJECT_BINARY_DIR}/web)
file(MAKE_DIRECTORY ${FITHOME_WEB_BINARY})
# What the page is made of is told by build.mjs itself (DEPFILE): no list to forget a file in.
add_custom_command(
  OUTPUT ${FITHOME_WEB_BINARY}/assets.cc ${FITHOME_WEB_BINARY}/assets.S
  COMMAND sh ${FITHOME_WEB_SOURCE}/deps.sh
  COMMAND ${FITHOME_NODE} ${FITHOME_WEB_SOURCE}/build.mjs ${FITHOME_WEB_BINARY}/dist
          --depfile ${FITHOME_WEB_BINARY}/page.d ${FITHOME_WEB_BINARY}/assets.cc
  COMMAND ${FITHOME_NODE} ${FITHOME_WEB_SOURCE}/embed.mjs ${FITHOME_WEB_BINARY}/dist ${FITHOME_WEB_BINARY}
  DEPENDS ${FITHOME_WEB_SOURCE}/build.mjs ${FITHOME_WEB_SOURCE}/embed.mjs ${FITHOME_WEB_SOURCE}/deps.sh
          ${FITHOME_WEB_SOURCE}/package.json ${FITHOME_WEB_SOURCE}/package-lock.json
  DEPFILE ${FITHOME_WEB_BINARY}/page.d
  COMMENT "Building the web page"
  VERBATIM)

add_library(fithome_web STATIC ${FITHOME_WEB_BINARY}/assets.cc ${FITHOME_WEB_BINARY}/assets.S)
add_library(fithome::web ALIAS fithome_web)
target_include_directories(fithome_web PUBLIC ${PROJECT_SOURCE_DIR}/src)
