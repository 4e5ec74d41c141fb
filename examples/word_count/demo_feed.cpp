// Serves a text file, over and over, to one client at full speed, then closes the connection.
//
//     demo_feed FILE REPEATS [PORT=0]
//
// The first line on stdout is the port it listens on (on the loopback address).

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {
constexpr int clientTimeoutMs = 30'000;

int check(int result, const char* what)
{
    if (result < 0) { throw std::system_error{errno, std::generic_category(), what}; }
    return result;
}

std::uint32_t number(std::string_view text, std::uint32_t largest)
{
    std::uint32_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > largest) {
        throw std::invalid_argument{"not a number in range: " + std::string{text}};
    }
    return value;
}

std::string readFile(const char* path)
{
    std::ifstream file{path, std::ios::binary};
    std::ostringstream content;
    if (!(content << file.rdbuf())) {
        throw std::runtime_error{std::string{"cannot read, or empty: "} + path};
    }
    return std::move(content).str();
}

int listenOn(std::uint16_t port)
{
    const int listener = check(::socket(AF_INET, SOCK_STREAM, 0), "socket");
    const int on = 1;
    check(::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    sockaddr generic{};
    std::memcpy(&generic, &address, sizeof address);
    check(::bind(listener, &generic, sizeof generic), "bind");
    check(::listen(listener, 1), "listen");
    return listener;
}

unsigned portOf(int listener)
{
    sockaddr generic{};
    socklen_t size = sizeof generic;
    check(::getsockname(listener, &generic, &size), "getsockname");
    sockaddr_in address{};
    std::memcpy(&address, &generic, sizeof address);
    return ntohs(address.sin_port);
}

int awaitClient(int listener)
{
    pollfd wait{listener, POLLIN, 0};
    if (check(::poll(&wait, 1, clientTimeoutMs), "poll") == 0) {
        throw std::runtime_error{"no client came"};
    }
    const int client = check(::accept(listener, nullptr, nullptr), "accept");
    ::close(listener); // so that a client which reconnects at the end is told that this was all
    return client;
}

void sendAll(int client, std::string_view text)
{
    while (!text.empty()) {
        const auto sent = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) { continue; }
        if (sent < 0) { throw std::system_error{errno, std::generic_category(), "send"}; }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}
} // namespace

int main(int argc, char** argv)
{
    if (argc < 3 || argc > 4) {
        std::fputs("usage: demo_feed FILE REPEATS [PORT=0]\n", stderr);
        return 2;
    }
    try {
        const auto text = readFile(argv[1]);
        const auto repeats = number(argv[2], std::numeric_limits<std::uint32_t>::max());
        const auto port = argc == 4 ? number(argv[3], 65'535) : 0;
        const int listener = listenOn(static_cast<std::uint16_t>(port));
        std::printf("%u\n", portOf(listener));
        std::fflush(stdout);
        const int client = awaitClient(listener);
        for (std::uint32_t i = 0; i < repeats; ++i) {
            sendAll(client, text);
        }
        ::close(client);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "demo_feed: %s\n", error.what());
        return 1;
    }
    return 0;
}
