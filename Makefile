# The developer's short words; each is a line over a CMake preset. A newcomer needs only ./run and ./test.
.PHONY: build test fmt lint fuzz-smoke sim bench deb system-test homeassistant-test nilmtk-test

build:       ## all, with ASan and UBSan, in build/dev
	cmake --preset dev && cmake --build --preset dev

test: build  ## all tests but lint and TSan; ./test is what CI runs
	ctest --test-dir build/dev --output-on-failure -j $$(nproc) -LE lint
	cmake --preset release && cmake --build --preset release --target fithome fithome_readings
	ctest --test-dir build/release --output-on-failure -j $$(nproc)

fmt:         ## formats every C++ file
	tools/check_format.sh --mend

lint: build  ## layers, format and clang-tidy
	ctest --test-dir build/dev --output-on-failure -L 'layers|lint'

fuzz-smoke:  ## each fuzzer for half a minute
	cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets
	tools/fuzz_smoke.sh build/fuzz 30

sim:         ## the demo: a simulated house behind a simulated chip
	./run --demo

bench:       ## what must stay fast, on a quiet machine; bench/instructions.sh counts instead of timing
	cmake --preset release && cmake --build --preset release --target sample fithome
	build/release/bench/sample
	bench/daemon.py --hours 0.1

deb:         ## the Debian packages for this machine, in build/deb
	tools/make_deb.sh

system-test: deb  ## the packages in a booted Debian of their own; needs root
	tools/system_test.sh

homeassistant-test:  ## a real Home Assistant, where there is a rig that starts one; a quarter of an hour
	tools/homeassistant_test.sh

nilmtk-test:  ## NILMTK's own loader opens an export; 650 MB the first time
	cmake --preset release && cmake --build --preset release --target fithome
	python3 tests/e2e/nilmtk_test.py -v
