/* How a thread is scheduled. */
#ifndef KEIIN_SYSTEM_THREAD_H
#define KEIIN_SYSTEM_THREAD_H

#include <stdbool.h>

/*
 * Asks that the calling thread, and those that it starts from now on, run soon after what they
 * wait for is there: for threads that mostly wait, beside others that compute. They get no more
 * of the processor, but in slices of 0.1 ms; Linux gives such a thread the processor at once, and
 * others otherwise when a slice is over, up to 4 ms later. A wish: false when the system does
 * not know it (Linux before 6.12) or does not grant it; nothing else changes then.
 */
bool thread_prompt(void);

#endif
