// events NET.plan < EVENTS: a stream of events. A line has the inputs of one step; the scores behind each step are printed.
#include <pysnn.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

static void check(pysnn_status status, const pysnn_error &error) {
    if (status != PYSNN_OK) throw std::runtime_error(reinterpret_cast<const char *>(error.message));
}

int main(int count, char **words) try {
    if (count != 2) throw std::runtime_error("usage: events NET.plan");
    std::ifstream file(words[1], std::ios::binary);
    const std::vector<char> plan((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());

    pysnn_error error;
    pysnn_info info = {};
    info.size = sizeof info;
    check(pysnn_probe(plan.data(), plan.size(), &info, &error), error);
    std::vector<uint64_t> model_memory(info.model_bytes / 8 + 1), session_memory(info.stream_bytes / 8 + 1);
    pysnn_model *model = nullptr;
    pysnn_session *session = nullptr;
    check(pysnn_open(plan.data(), plan.size(), model_memory.data(), info.model_bytes, &model, &error), error);
    check(pysnn_start(model, PYSNN_STREAM, session_memory.data(), info.stream_bytes, &session, &error), error);

    std::vector<float> scores(info.outputs);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream numbers(line);
        const std::vector<uint32_t> inputs((std::istream_iterator<uint32_t>(numbers)), std::istream_iterator<uint32_t>());
        check(pysnn_step_events(session, inputs.data(), inputs.size(), &error), error);
        check(pysnn_scores(session, scores.data(), scores.size(), &error), error);
        for (float score : scores) std::cout << score << ' ';
        std::cout << '\n';
    }
    pysnn_end(session);
    pysnn_close(model);
    return 0;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
