#include "suite.h"

#include <string.h>

enum { STEPS = 6, SAMPLES = 2 };

/* The memory in use, and what is wrong. */
typedef struct suite {
    const uint8_t *plan;
    size_t bytes;
    suite_room room;
    size_t used;
    pysnn_info info;
    uint32_t random;
    int wrong;
} suite;

static char line[160];

static void put(const char *text) {
    size_t length = strlen(line);
    while (*text && length < sizeof line - 1) line[length++] = *text++;
    line[length] = 0;
}

static void put_number(uint64_t number) {
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    put(at);
}

static void put_bits(float value) {
    uint32_t bits;
    char digits[10] = " 00000000";
    memcpy(&bits, &value, sizeof bits);
    for (int at = 8; at > 0; --at, bits >>= 4) digits[at] = "0123456789abcdef"[bits & 15];
    put(digits);
}

static void end_line(void) {
    suite_print(line);
    line[0] = 0;
}

static void expect(suite *s, int good, const char *what, const pysnn_error *error) {
    if (good) return;
    put("wrong: ");
    put(what);
    if (error) {
        put(", status ");
        put_number((uint64_t)error->status);
        put(" ");
        put((const char *)error->message);
    }
    end_line();
    s->wrong = 1;
}

/* Memory at a multiple of the alignment. */
static uint8_t *take(suite *s, size_t bytes) {
    size_t alignment = s->info.alignment > 16 ? s->info.alignment : 16;
    uintptr_t from = ((uintptr_t)(s->room.begin + s->used) + alignment - 1) / alignment * alignment;
    size_t used = (size_t)(from - (uintptr_t)s->room.begin) + bytes;
    if (used > s->room.bytes) {
        expect(s, 0, "the suite's memory is too small", NULL);
        return NULL;
    }
    s->used = used;
    return (uint8_t *)from;
}

static uint32_t next(suite *s) {
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 24;
}

static int is_event_network(const suite *s) { return s->info.coding == 3 || s->info.coding == 4; }

static size_t inputs(const suite *s) { return (size_t)s->info.channels * s->info.height * s->info.width; }

static pysnn_status probe(suite *s, const void *plan, size_t bytes, pysnn_error *error) {
    pysnn_info info = s->info;
    info.size = sizeof info;
    return pysnn_probe(plan, bytes, &info, error);
}

/* Files that are not what they should be. */
static void check_damage(suite *s) {
    pysnn_error error;
    size_t before = s->used;
    uint8_t *copy = take(s, s->bytes);
    if (!copy) return;
    memcpy(copy, s->plan, s->bytes);
    expect(s, probe(s, NULL, s->bytes, &error) == PYSNN_E_ARGUMENT, "a file at NULL", &error);
    expect(s, pysnn_probe(copy, s->bytes, NULL, NULL) == PYSNN_E_ARGUMENT, "info at NULL", NULL);
    for (size_t length = 0; length < s->bytes; length += 1 + s->bytes / 23)
        expect(s, probe(s, copy, length, &error) == PYSNN_E_FORMAT, "a truncated file", &error);
    for (size_t at = 12; at < s->bytes; at += 1 + s->bytes / 29) {
        copy[at] ^= 16;
        expect(s, probe(s, copy, s->bytes, &error) == PYSNN_E_FORMAT, "an altered file", &error);
        expect(s, error.message[0] != 0, "a message", NULL);
        copy[at] ^= 16;
    }
    copy[8] += 1;
    expect(s, probe(s, copy, s->bytes, &error) == PYSNN_E_VERSION, "a newer file", &error);
    copy[11] = (uint8_t)(copy[8] - 1);
    copy[8] = 0;
    expect(s, probe(s, copy, s->bytes, &error) == PYSNN_E_FORMAT, "a big-endian file", &error);
    s->used = before;
}

static pysnn_session *start(suite *s, const pysnn_model *model, pysnn_use use) {
    pysnn_error error;
    pysnn_session *session = NULL;
    size_t bytes = use == PYSNN_RUNS ? s->info.runs_bytes : s->info.stream_bytes;
    uint8_t *memory = bytes ? take(s, bytes) : NULL;
    if (bytes && !memory) return NULL;
    if (bytes) {
        expect(s, pysnn_start(model, use, memory, bytes - 1, &session, &error) == PYSNN_E_MEMORY, "a byte too few", &error);
        expect(s, pysnn_start(model, use, memory + 1, bytes, &session, &error) == PYSNN_E_MEMORY, "memory not aligned", &error);
    }
    expect(s, pysnn_start(model, use, memory, bytes, &session, &error) == PYSNN_OK, "a session", &error);
    return session;
}

/* The scores behind the last step, printed and kept. */
static void scores(suite *s, const pysnn_session *session, float *kept) {
    pysnn_error error;
    expect(s, pysnn_scores(session, kept, s->info.outputs, &error) == PYSNN_OK, "scores", &error);
    put("scores");
    for (uint32_t k = 0; k < s->info.outputs; ++k) {
        put_bits(kept[k]);
        if (strlen(line) > 100) end_line();
    }
    end_line();
}

/* One step of a stream of drawn events. */
static void step_events(suite *s, pysnn_session *session, uint32_t *events) {
    pysnn_error error;
    size_t count = 0;
    for (size_t input = 0; input < inputs(s); ++input)
        if (next(s) < 64) events[count++] = (uint32_t)input;
    expect(s, pysnn_step_events(session, events, count, &error) == PYSNN_OK, "a step with events", &error);
}

static void step(suite *s, pysnn_session *session, uint32_t *events) {
    pysnn_error error;
    if (is_event_network(s))
        step_events(s, session, events);
    else
        expect(s, pysnn_steps(session, 1, &error) == PYSNN_OK, "a step", &error);
}

static void draw_values(suite *s, pysnn_session *session, uint8_t *values) {
    pysnn_error error;
    for (size_t input = 0; input < inputs(s); ++input) values[input] = (uint8_t)next(s);
    expect(s, pysnn_input_u8(session, values, inputs(s), &error) == PYSNN_OK, "uint8 values", &error);
    expect(s, pysnn_input_u8(session, values, inputs(s) + 1, &error) == PYSNN_E_ARGUMENT, "a value too many", &error);
}

/* Runs of samples, each from a fresh start. */
static void check_runs(suite *s, const pysnn_model *model) {
    pysnn_error error;
    size_t before = s->used;
    pysnn_session *session = start(s, model, PYSNN_RUNS);
    uint8_t *values = take(s, inputs(s));
    float *kept = (float *)take(s, s->info.outputs * sizeof(float));
    if (session && values && kept) {
        uint32_t steps = s->info.window ? 1 : STEPS;
        expect(s, pysnn_steps(session, steps, &error) == PYSNN_E_ARGUMENT, "a run without input", &error);
        for (int sample = 0; sample < SAMPLES; ++sample) {
            draw_values(s, session, values);
            expect(s, pysnn_steps(session, steps, &error) == PYSNN_OK, "a run", &error);
            expect(s, pysnn_steps_done(session) == steps, "steps done", NULL);
            scores(s, session, kept);
        }
        expect(s, pysnn_save(session, values, inputs(s), &error) == PYSNN_E_ARGUMENT, "a state of runs", &error);
    }
    pysnn_end(session);
    s->used = before;
}

/* A stream, its state in another session, and a stream from its start again. */
static void check_stream(suite *s, const pysnn_model *model) {
    pysnn_error error;
    size_t before = s->used, outputs = s->info.outputs * sizeof(float);
    pysnn_session *session = start(s, model, PYSNN_STREAM), *other = start(s, model, PYSNN_STREAM);
    uint8_t *state = take(s, s->info.state_bytes), *values = take(s, inputs(s));
    uint32_t *events = (uint32_t *)take(s, inputs(s) * sizeof(uint32_t));
    float *first = (float *)take(s, outputs), *middle = (float *)take(s, outputs), *again = (float *)take(s, outputs);
    if (session && other && state && values && events && first && middle && again) {
        uint32_t seed = s->random;
        if (!is_event_network(s)) draw_values(s, session, values);
        uint32_t drawn = s->random;
        for (int number = 0; number < STEPS; ++number) {
            if (number == STEPS / 2) {
                drawn = s->random;
                expect(s, pysnn_save(session, state, s->info.state_bytes - 1, &error) == PYSNN_E_ARGUMENT, "room for a state", &error);
                expect(s, pysnn_save(session, state, s->info.state_bytes, &error) == PYSNN_OK, "a state", &error);
            }
            step(s, session, events);
            scores(s, session, number == 0 ? middle : first);
        }
        uint32_t after = s->random;
        s->random = drawn;
        if (!is_event_network(s)) pysnn_input_u8(other, values, inputs(s), NULL);
        expect(s, pysnn_load(other, state, s->info.state_bytes, &error) == PYSNN_OK, "a state loaded", &error);
        for (int number = STEPS / 2; number < STEPS; ++number) step(s, other, events);
        expect(s, pysnn_scores(other, again, s->info.outputs, &error) == PYSNN_OK, "scores of a state", &error);
        expect(s, memcmp(first, again, outputs) == 0 && s->random == after, "the same scores from a state", NULL);
        expect(s, pysnn_steps_done(other) == STEPS, "the steps of a state", NULL);
        s->random = seed;
        expect(s, pysnn_reset(session, &error) == PYSNN_OK, "a reset", &error);
        expect(s, pysnn_steps_done(session) == 0, "no steps behind a reset", NULL);
        expect(s, pysnn_scores(session, again, s->info.outputs, &error) == PYSNN_E_ARGUMENT, "scores without a step", &error);
        if (!is_event_network(s)) draw_values(s, session, values);
        step(s, session, events);
        pysnn_scores(session, again, s->info.outputs, NULL);
        expect(s, memcmp(middle, again, outputs) == 0, "the same scores behind a reset", NULL);
        s->random = after;
        expect(s, pysnn_load(session, state, s->info.state_bytes - 1, &error) == PYSNN_E_DATA, "a short state", &error);
        state[20] ^= 1;
        expect(s, pysnn_load(session, state, s->info.state_bytes, &error) == PYSNN_E_DATA, "another network's state", &error);
        if (is_event_network(s)) {
            events[0] = (uint32_t)inputs(s);
            expect(s, pysnn_step_events(session, events, 1, &error) == PYSNN_E_DATA, "an input that is not there", &error);
            expect(s, pysnn_steps(session, 1, &error) == PYSNN_E_ARGUMENT, "steps without events", &error);
        }
    }
    pysnn_end(session);
    pysnn_end(other);
    s->used = before;
}

/* An allocator that takes from the suite's memory and gives nothing back, but counts. */
typedef struct counted {
    suite *s;
    size_t taken, released;
} counted;

static void *allocate(void *context, size_t bytes, size_t alignment) {
    counted *own = (counted *)context;
    uint8_t *memory = take(own->s, bytes + alignment);
    if (!memory) return NULL;
    own->taken += bytes;
    return (void *)(((uintptr_t)memory + alignment - 1) / alignment * alignment);
}

static void release(void *context, void *memory, size_t bytes, size_t alignment) {
    (void)memory;
    (void)alignment;
    ((counted *)context)->released += bytes;
}

/* A model with memory of an allocator, where the library takes one. */
static void check_allocator(suite *s) {
    pysnn_error error;
    pysnn_model *model = NULL;
    size_t before = s->used;
    counted own = {s, 0, 0};
    pysnn_allocator allocator = {&own, allocate, release};
    pysnn_status expected = s->info.model_bytes ? PYSNN_E_UNSUPPORTED : PYSNN_OK;
    expect(s, pysnn_open_with(s->plan, s->bytes, &allocator, &model, &error) == expected, "a model of an allocator", &error);
    if (model) {
        expect(s, own.taken > 0, "memory of the allocator", NULL);
        expect(s, pysnn_verify(model, NULL, 0, &error) == PYSNN_OK, "the golden run in it", &error);
        pysnn_close(model);
    }
    expect(s, own.taken == own.released, "all memory given back", NULL);
    s->used = before;
}

static void check_model(suite *s) {
    pysnn_error error;
    pysnn_model *model = NULL;
    size_t bytes = s->info.model_bytes;
    uint8_t *memory = bytes ? take(s, bytes) : NULL;
    if (bytes && !memory) return;
    if (bytes)
        expect(s, pysnn_open(s->plan, s->bytes, memory, bytes - 1, &model, &error) == PYSNN_E_MEMORY, "a byte too few", &error);
    expect(s, pysnn_open(s->plan, s->bytes - 1, memory, bytes, &model, &error) == PYSNN_E_FORMAT, "a byte of the file too few", &error);
    expect(s, pysnn_open(s->plan, s->bytes, memory, bytes, &model, &error) == PYSNN_OK, "a model", &error);
    if (!model) return;
    if (!is_event_network(s) && s->info.coding != 5) check_runs(s, model);
    if (!s->info.window) check_stream(s, model);
    size_t before = s->used, needed = is_event_network(s) ? s->info.stream_bytes : s->info.runs_bytes;
    memory = needed ? take(s, needed) : NULL;
    expect(s, pysnn_verify(model, memory, needed, &error) == PYSNN_OK, "the golden run", &error);
    s->used = before;
    pysnn_session *session;
    expect(s, pysnn_start(model, (pysnn_use)7, NULL, 0, &session, &error) == PYSNN_E_ARGUMENT, "an unknown use", &error);
    expect(s, pysnn_start(NULL, PYSNN_RUNS, NULL, 0, &session, &error) == PYSNN_E_ARGUMENT, "a model at NULL", &error);
    expect(s, pysnn_steps(NULL, 1, &error) == PYSNN_E_ARGUMENT, "a session at NULL", &error);
    pysnn_close(model);
}

int suite_check(const uint8_t *plan, size_t bytes, suite_room room) {
    suite s = {0};
    pysnn_error error;
    s.plan = plan;
    s.bytes = bytes;
    s.room = room;
    s.random = 1;
    s.info.size = sizeof s.info;
    expect(&s, pysnn_abi() == PYSNN_ABI, "the version of the interface", NULL);
    expect(&s, pysnn_probe(plan, bytes, &s.info, &error) == PYSNN_OK, "a file", &error);
    if (s.wrong) return 1;
    put("memory ");
    put_number(s.info.model_bytes);
    put(" ");
    put_number(s.info.runs_bytes);
    put(" ");
    put_number(s.info.stream_bytes);
    end_line();
    check_damage(&s);
    check_allocator(&s);
    check_model(&s);
    if (!s.wrong) suite_print("good");
    return s.wrong;
}
