/* Something for user emulation: output, an exit status, a loop over more than a cache. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char buffer[65536];
static void *work(void *data)
{
    for (int i = 0; i < 20; i++) memset(buffer, i, sizeof buffer);
    return data;
}

int main(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL)) return 1;
    printf("it says %d\n", buffer[77]);
    return 3;
}
