#include "system/cli.h"
#include "verifier/verify/verify.h"

int status_of_error(int err, const char *what, const struct why *why)
{
    int status = cli_fail(err, what, why);

    return status == EXIT_FINDINGS ? EXIT_INCOMPLETE : status;
}

int status_of_findings(const struct finding *list, size_t count)
{
    int status = EXIT_OK;

    for (size_t i = 0; i < count; i++)
        if (list[i].code != FINDING_INCOMPLETE)
            status = EXIT_FINDINGS;
        else if (status == EXIT_OK)
            status = EXIT_INCOMPLETE;
    return status;
}
