#include "system/messages.h"

#include <assert.h>
#include <inttypes.h>

static const char *const texts[MESSAGE_COUNT] = {
#define MESSAGE(id, text) [MESSAGE_##id] = text,
#include "system/messages.def"
#undef MESSAGE
};

const char *message_text(enum message id)
{
    assert(id < MESSAGE_COUNT);
    return texts[id];
}
