/* The suite on a board without a system, which an emulator shows: the network is in flash as an array. */
#include "board.h"
#include "suite.h"

#include "net.h"

static uint8_t room[SUITE_ROOM] __attribute__((aligned(16)));

void suite_print(const char *line) {
    board_write(line);
    board_write("\n");
}

int main(void) {
    suite_room all = {room, sizeof room};
    return suite_check(net, NET_SIZE, all);
}
