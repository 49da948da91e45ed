// SPDX-License-Identifier: MIT
#include "app/cli.h"

int main(int argc, char** argv) {
  return fithome::app::run_cli({argv + 1, argv + argc}, fithome::app::fithome_environment(),
                               fithome::app::standard_terminal());
}
