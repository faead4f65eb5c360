/* A board: how a program starts on it, writes and ends. */
#ifndef BOARD_H
#define BOARD_H

void board_write(const char *text);

#endif
