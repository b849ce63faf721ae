/* The floor of bench/fanout: the same bytes to the same number of sockets with send() in a loop, and nothing else.
 *
 *   floor CONNECTIONS      listens on a free port of 127.0.0.1, prints it, takes so many connections, prints "ready";
 *   then a line a round on standard input: the hexadecimal bytes every socket gets; "done" is printed after each.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define LONGEST (1 << 20)

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listening(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int one = 1, sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)) die("socket");
    if (bind(sock, (struct sockaddr *)&address, size) || listen(sock, 4096)) die("listen");
    if (getsockname(sock, (struct sockaddr *)&address, &size)) die("getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return sock;
}

static int digit(char hex) { return hex <= '9' ? hex - '0' : hex - 'a' + 10; }

static size_t bytes_of(const char *hex, unsigned char *bytes) {
    size_t length = 0;
    for (; hex[0] > ' '; hex += 2) bytes[length++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
    return length;
}

int main(int count, char **words) {
    static char line[2 * LONGEST + 2];
    static unsigned char bytes[LONGEST];
    int connections = count == 2 ? atoi(words[1]) : 0, one = 1;
    int *peers = calloc((size_t)connections + 1, sizeof *peers);
    struct rlimit files;
    if (connections < 1 || !peers) die("usage: floor CONNECTIONS");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int sock = listening();
    for (int i = 0; i < connections; i++) {
        if ((peers[i] = accept(sock, NULL, NULL)) < 0) die("accept");
        setsockopt(peers[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* as uvloop does */
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        size_t length = bytes_of(line, bytes);
        for (int i = 0; i < connections; i++)
            if (send(peers[i], bytes, length, 0) != (ssize_t)length) die("send");
        puts("done");
        fflush(stdout);
    }
    return 0;
}
