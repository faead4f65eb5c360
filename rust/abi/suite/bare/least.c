/* The least program that runs a network: what it takes beside the network is the size of the library. */
#include "board.h"
#include "net.h"
#include "pysnn.h"

static uint64_t model_memory[32], session_memory[SUITE_ROOM / 8];

int main(void) {
    pysnn_model *model;
    pysnn_session *session;
    float score[OUTPUTS];
    if (pysnn_open(net, NET_SIZE, model_memory, sizeof model_memory, &model, NULL)) return 1;
#ifdef PICTURE
    static uint8_t picture[PICTURE];
    if (pysnn_start(model, PYSNN_RUNS, session_memory, sizeof session_memory, &session, NULL)) return 1;
    if (pysnn_input_u8(session, picture, sizeof picture, NULL) || pysnn_steps(session, 8, NULL)) return 1;
#else
    uint32_t input = 0;
    if (pysnn_start(model, PYSNN_STREAM, session_memory, sizeof session_memory, &session, NULL)) return 1;
    if (pysnn_step_events(session, &input, 1, NULL)) return 1;
#endif
    return (int)pysnn_scores(session, score, OUTPUTS, NULL);
}
