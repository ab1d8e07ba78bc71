#include "ledger/ask.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledger/control.h"
#include "system/cli.h"
#include "system/messages.h"

static int connect_to(const char *folder, int *fd, struct why *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[64];
    int folder_fd, err = control_path(folder, path, &folder_fd, why);

    *fd = -1;
    if (err != 0)
        return err;
    memcpy(address.sun_path, path, strlen(path) + 1);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof address) != 0) {
        why_set(why, "%s", strerror(errno));
        err = KEIIN_EUNREADABLE;
    }
    close(folder_fd);
    return err;
}

/* Sends the note, shuts the sending side, reads the answer to its end. */
static int exchange(int fd, struct span note, struct buf *answer)
{
    uint8_t piece[4096];
    ssize_t n;

    while (note.n > 0) {
        n = send(fd, note.p, note.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return KEIIN_EUNKNOWN;
        note.p += n;
        note.n -= (size_t)n;
    }
    if (shutdown(fd, SHUT_WR) != 0)
        return KEIIN_EUNKNOWN;
    for (;;) {
        n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return KEIIN_EUNKNOWN;
        if (n == 0)
            break;
        buf_put(answer, piece, (size_t)n);
    }
    return buf_status(answer) != 0 || answer->n < CONTROL_STATUS_BYTES ? KEIIN_EUNKNOWN : 0;
}

int ask_server(const char *folder, struct span question, struct buf *answer, struct why *why)
{
    int fd = -1, err = connect_to(folder, &fd, why);

    if (err == 0)
        err = exchange(fd, question, answer);
    if (fd >= 0)
        close(fd);
    return err;
}

int ask_failed(int err, const char *folder, const char *unknown, const struct why *why)
{
    if (err == KEIIN_EUNKNOWN)
        cli_error("%s", unknown);
    else
        cli_error(message_text(MESSAGE_LEDGER_NO_ANSWER), folder, why->text);
    return EXIT_INCOMPLETE;
}
