# waveguard-host, what it puts into each compartment, and the compartments of its demonstration and tests.
HOST = $(filter-out $(SHIM),$(wildcard host/*.c))
SHIM = host/shim.c host/libc.c host/threads.c host/heap.c
SHARED = -shared -Wl,-z,relro,-z,now,-z,noexecstack

# At a fixed address the scanner can prove of the running gate what it proves of the file, for threads in 32-bit mode as
# well. It costs no secret: code in a compartment reads where the host is anyway.
$(OUT)/waveguard-host: $(HOST) host/rules.mk $(HEADERS) $(wildcard host/*.h) $(OUT)/libwaveguard.a
	$(CC) -std=c11 -fno-pie -no-pie -pthread $(CFLAGS) $(HARDENING) $(WARNINGS) $(INCLUDES) -Wl,-z,relro,-z,now,-z,noexecstack -o $@ $(HOST) $(OUT)/libwaveguard.a

# It is what malloc and abort mean: the compiler must not take them for the ones that it knows.
$(OUT)/libwaveguard-compartment.so: $(SHIM) $(HEADERS) $(wildcard host/*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 -fPIC -fvisibility=hidden -fno-builtin $(CFLAGS) $(HARDENING) $(WARNINGS) $(INCLUDES) $(SHARED) -o $@ $(SHIM)

# The compartments of the tests, beside a host: the virtual machine gets them as they are here.
TEST_HOST = $(OUT)/test/host

.PHONY: compartments
compartments: $(patsubst %,$(TEST_HOST)/%,waveguard-host libwaveguard-compartment.so front.so vault.so worker.so ring.so feed.so)

$(TEST_HOST)/waveguard-host $(TEST_HOST)/libwaveguard-compartment.so: $(TEST_HOST)/%: $(OUT)/%
	@mkdir -p $(@D)
	cp $< $@

$(TEST_HOST)/%.so: testdata/compartments/%.c $(wildcard testdata/compartments/*.h) host/shim.h $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -fPIC $(CFLAGS) $(HARDENING) $(WARNINGS) $(INCLUDES) $(SHARED) -o $@ $<

$(TEST_HOST)/%.so: testdata/compartments/%.cc $(HEADERS)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -fPIC $(CFLAGS) $(HARDENING) $(WARNINGS) $(INCLUDES) $(SHARED) -o $@ $<

sanitized: $(OUT)/test/object

$(OUT)/test/object: testdata/object.c host/object.c $(HEADERS) host/host.h host/shim.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(INCLUDES) -o $@ $(filter %.c,$^)

# The demonstration's services, in OUT/demo.
DEMO = $(patsubst host/demo/%.c,$(OUT)/demo/%.so,$(wildcard host/demo/*.c))

.PHONY: demo
demo: $(DEMO)

$(OUT)/demo/%.so: host/demo/%.c $(wildcard host/demo/*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_DEFAULT_SOURCE -fPIC -fvisibility=hidden $(CFLAGS) $(HARDENING) $(WARNINGS) $(INCLUDES) $(SHARED) -Wl,--as-needed -o $@ $< -lm

compartments: $(patsubst $(OUT)/%,$(TEST_HOST)/%,$(DEMO))

$(TEST_HOST)/demo/%.so: $(OUT)/demo/%.so
	@mkdir -p $(@D)
	cp $< $@

sanitized: $(OUT)/test/sha256

$(OUT)/test/sha256: testdata/sha256.c host/demo/sha256.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_DEFAULT_SOURCE -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) -o $@ $<
