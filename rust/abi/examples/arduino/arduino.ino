// A stream of events on a board: pysnn.h and libpysnn_micro.a in the library path, net.c and net.h of `pysnn export --c`.
#include <pysnn.h>

#include "net.h"

// What pysnn_probe says of this network; setup() tells if it is too little.
alignas(8) static uint8_t model_memory[256];
alignas(8) static uint8_t session_memory[4096];
static pysnn_session *session;

static void say(const pysnn_error &error) { Serial.println(reinterpret_cast<const char *>(error.message)); }

void setup() {
    Serial.begin(115200);
    pysnn_error error;
    pysnn_model *model;
    if (pysnn_open(net, NET_SIZE, model_memory, sizeof model_memory, &model, &error)) return say(error);
    // The golden run: this build on this chip gives the bits of Python.
    if (pysnn_verify(model, session_memory, sizeof session_memory, &error)) return say(error);
    if (pysnn_start(model, PYSNN_STREAM, session_memory, sizeof session_memory, &session, &error)) say(error);
}

void loop() {
    if (!session) return;
    // The inputs that spike in this step: here those of four pins.
    uint32_t inputs[4];
    size_t count = 0;
    for (uint32_t pin = 0; pin < 4; ++pin)
        if (digitalRead(pin)) inputs[count++] = pin;
    pysnn_error error;
    float scores[3];
    if (pysnn_step_events(session, inputs, count, &error) || pysnn_scores(session, scores, 3, &error)) return say(error);
    Serial.println(scores[0] > scores[1] && scores[0] > scores[2]);
}
