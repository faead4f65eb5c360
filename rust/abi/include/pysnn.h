/* pysnn.h: runs networks that `pysnn export` has written.
 *
 * Two libraries implement it. libpysnn (rust/capi) has the engine of pysnn-run: every network, SIMD, memory from the heap.
 * libpysnn_micro (rust/micro) is for microcontrollers: int8 networks, no heap, no floating point, all memory the caller's.
 *
 * There is no global state, and nothing is called back but an allocator of the caller's. A model may be used by several threads at once, a session by one at a time. Every
 * function that can fail returns a status, and writes a sentence to `error` unless that is NULL.
 */
#ifndef PYSNN_H
#define PYSNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PYSNN_ABI 2

typedef struct pysnn_model pysnn_model;
typedef struct pysnn_session pysnn_session;

typedef enum pysnn_status {
    PYSNN_OK = 0,
    PYSNN_E_ARGUMENT = 1,    /* NULL, a wrong count, a function that this session does not have */
    PYSNN_E_FORMAT = 2,      /* the file is truncated, altered, big-endian, or not an exported network */
    PYSNN_E_VERSION = 3,     /* the file is of another version of the format */
    PYSNN_E_UNSUPPORTED = 4, /* this library does not run such a network; the message names the node */
    PYSNN_E_MEMORY = 5,      /* the caller's memory is too small or not aligned, or the heap is exhausted */
    PYSNN_E_DATA = 6,        /* a value that is not finite, an input that does not exist, a state of another network */
    PYSNN_E_RANGE = 7,       /* a potential could leave int32 in these steps */
    PYSNN_E_GOLDEN = 8,      /* the golden run of the file gives other bits here */
    PYSNN_E_INTERNAL = 9     /* a bug of pysnn: end the session */
} pysnn_status;

typedef enum pysnn_use {
    PYSNN_RUNS = 0,  /* each pysnn_steps is a run from a fresh start */
    PYSNN_STREAM = 1 /* each step goes on from the one before */
} pysnn_use;

typedef struct pysnn_error {
    pysnn_status status;
    uint8_t message[200]; /* UTF-8, with a 0 at its end; names of nodes as the file has them */
} pysnn_error;

typedef struct pysnn_info {
    size_t size;         /* sizeof(pysnn_info), which the caller sets */
    size_t model_bytes;  /* caller's memory of pysnn_open; 0: from the heap */
    size_t runs_bytes;   /* caller's memory of pysnn_start with PYSNN_RUNS, and of pysnn_verify */
    size_t stream_bytes; /* caller's memory of pysnn_start with PYSNN_STREAM */
    size_t state_bytes;  /* what pysnn_save writes */
    size_t alignment;    /* of caller's memory */
    uint32_t format;     /* version of the file's format */
    uint32_t channels, height, width;
    uint32_t outputs;    /* scores */
    uint32_t steps;      /* time-steps that the network is meant for; 0: the file does not say */
    uint32_t coding;     /* 1 constant, 2 Poisson, 3 given spikes, 4 events, 5 frames, 6 uint8 pixels before an int8 first layer */
    uint32_t precision;  /* 0 float32, 1 int8 */
    uint32_t readout;    /* scores are: 1 the mean current, 2 the potential, 3 spikes, 4 minus the step of the first spike */
    uint32_t window;     /* time-steps of a first-spike window, which pysnn_steps counts as one; 0: none */
} pysnn_info;

/* Memory of the caller's. `allocate` returns `bytes` of memory at a multiple of `alignment`, a power of two, or NULL; `release` takes it back, and gets
 * the same numbers. All threads that use a model call those of its allocator; they must not call pysnn, nor leave by longjmp or an exception. */
typedef struct pysnn_allocator {
    void *context;
    void *(*allocate)(void *context, size_t bytes, size_t alignment);
    void (*release)(void *context, void *memory, size_t bytes, size_t alignment);
} pysnn_allocator;

/* The version of the interface that the library has: PYSNN_ABI. Version 2 has pysnn_open_with, and is version 1 in all else. */
uint32_t pysnn_abi(void);

/* Check a file, and say what is in it and how much memory it takes, to the byte. Nothing is allocated that the file's own
 * length does not bound. */
pysnn_status pysnn_probe(const void *plan, size_t bytes, pysnn_info *info, pysnn_error *error);

/* Make a model of a file, which must stay where it is until pysnn_close. `memory` has model_bytes, or is NULL where that is 0. */
pysnn_status pysnn_open(const void *plan, size_t bytes, void *memory, size_t memory_bytes, pysnn_model **model, pysnn_error *error);

/* The same, with an allocator for all memory of the model and of its sessions; `*allocator` itself is copied. One that has nothing left is PYSNN_E_MEMORY.
 * libpysnn_micro has no need of one and returns PYSNN_E_UNSUPPORTED. */
pysnn_status pysnn_open_with(const void *plan, size_t bytes, const pysnn_allocator *allocator, pysnn_model **model, pysnn_error *error);
void pysnn_close(pysnn_model *model);

/* Begin a session of a model, which must stay until pysnn_end. `memory` has runs_bytes or stream_bytes, or is NULL where that is 0. */
pysnn_status pysnn_start(const pysnn_model *model, pysnn_use use, void *memory, size_t memory_bytes, pysnn_session **session,
                         pysnn_error *error);
void pysnn_end(pysnn_session *session);

/* Go back to the start: potentials, sums and steps. The input stays. */
pysnn_status pysnn_reset(pysnn_session *session, pysnn_error *error);

/* Set the values that enter at every step from now on, (C, H, W), as they are in data: uint8 stand for 255ths, and the mean and std, or the
 * scaling, of the file are applied. Frames are set before each step. Where coding is 6, only uint8 enter. */
pysnn_status pysnn_input_f32(pysnn_session *session, const float *values, size_t count, pysnn_error *error);
pysnn_status pysnn_input_u8(pysnn_session *session, const uint8_t *values, size_t count, pysnn_error *error);

/* Take some steps with the input that is set. A failed step of a stream ends it: reset it, or load a state. */
pysnn_status pysnn_steps(pysnn_session *session, uint32_t steps, pysnn_error *error);

/* Take one step of a stream with given events: places of inputs, (c * height + y) * width + x, one for each event. */
pysnn_status pysnn_step_events(pysnn_session *session, const uint32_t *inputs, size_t count, pysnn_error *error);

/* Steps since the start. */
uint64_t pysnn_steps_done(const pysnn_session *session);

/* The scores behind the last step, float32 with the bits of `pysnn run`. */
pysnn_status pysnn_scores(const pysnn_session *session, float *scores, size_t count, pysnn_error *error);

/* Write the state of a stream, state_bytes, and go on from one: in another session, process or library, of the same file. The input is no
 * part of it. */
pysnn_status pysnn_save(const pysnn_session *session, void *bytes, size_t room, pysnn_error *error);
pysnn_status pysnn_load(pysnn_session *session, const void *bytes, size_t count, pysnn_error *error);

/* Repeat the golden run of the file: PYSNN_OK means that this build on this processor gives the bits of Python. `memory` has runs_bytes, or
 * stream_bytes where events enter, or is NULL where that is 0. */
pysnn_status pysnn_verify(const pysnn_model *model, void *memory, size_t memory_bytes, pysnn_error *error);

#ifdef __cplusplus
}
#endif

#endif
