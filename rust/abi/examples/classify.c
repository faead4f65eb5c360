/* classify NET.plan IMAGE: the class of one sample, which is a file of its uint8 values in (C, H, W) order. */
#include <pysnn.h>
#include <stdio.h>
#include <stdlib.h>

static void *read_file(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) return NULL;
    *bytes = (size_t)ftell(file);
    rewind(file);
    void *data = aligned_alloc(64, (*bytes + 63) / 64 * 64);
    size_t got = data ? fread(data, 1, *bytes, file) : 0;
    fclose(file);
    return got == *bytes ? data : NULL;
}

static int failed(const pysnn_error *error) {
    fprintf(stderr, "%s\n", (const char *)error->message);
    return 1;
}

int main(int count, char **words) {
    size_t plan_bytes = 0, image_bytes = 0;
    if (count != 3) return fprintf(stderr, "usage: %s NET.plan IMAGE\n", words[0]), 2;
    void *plan = read_file(words[1], &plan_bytes), *image = read_file(words[2], &image_bytes);
    if (!plan || !image) return perror("cannot read"), 1;

    pysnn_error error;
    pysnn_info info = {sizeof info};
    pysnn_model *model;
    pysnn_session *session;
    if (pysnn_probe(plan, plan_bytes, &info, &error)) return failed(&error);
    void *model_memory = malloc(info.model_bytes + 1), *session_memory = malloc(info.runs_bytes + 1);
    float *scores = malloc(info.outputs * sizeof *scores);
    if (pysnn_open(plan, plan_bytes, model_memory, info.model_bytes, &model, &error)) return failed(&error);
    if (pysnn_start(model, PYSNN_RUNS, session_memory, info.runs_bytes, &session, &error)) return failed(&error);
    if (pysnn_input_u8(session, image, image_bytes, &error)) return failed(&error);
    if (pysnn_steps(session, info.steps ? info.steps : 16, &error)) return failed(&error);
    if (pysnn_scores(session, scores, info.outputs, &error)) return failed(&error);

    uint32_t best = 0;
    for (uint32_t k = 0; k < info.outputs; ++k)
        if (scores[k] > scores[best]) best = k;
    printf("%u\n", (unsigned)best);
    pysnn_end(session);
    pysnn_close(model);
    free(scores);
    free(session_memory);
    free(model_memory);
    free(image);
    free(plan);
    return 0;
}
