// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/socket_diagnosis.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace krait::daemon {
namespace {

constexpr uint8_t kEstablished = 1;  // TCP_ESTABLISHED of <netinet/tcp.h>

// As netlink(7) wants it: the header, then what is asked.
struct Question {
  nlmsghdr header;
  inet_diag_req_v2 request;
};

Question QuestionOf(const SocketEnd& from, const SocketEnd& to) {
  Question question{};
  question.header.nlmsg_len = sizeof(question);
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  inet_diag_req_v2& request = question.request;
  request.sdiag_family =
      from.address.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = ~0U;
  inet_diag_sockid& id = request.id;
  id.idiag_sport = htons(from.port);
  id.idiag_dport = htons(to.port);
  std::memcpy(id.idiag_src, from.address.data(), from.address.size());
  std::memcpy(id.idiag_dst, to.address.data(), to.address.size());
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

base::Error Refused(int error) {
  return base::SystemError("sock_diag", error);
}

base::Result<std::optional<uid_t>> OwnerInAnswer(const char* data,
                                                 size_t bytes) {
  nlmsghdr header{};
  if (bytes < sizeof(header)) return Refused(EBADMSG);
  std::memcpy(&header, data, sizeof(header));
  const char* const body = data + NLMSG_HDRLEN;
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    if (bytes < NLMSG_HDRLEN + sizeof(error)) return Refused(EBADMSG);
    std::memcpy(&error, body, sizeof(error));
    if (error.error == -ENOENT) return std::optional<uid_t>();
    return Refused(-error.error);
  }
  inet_diag_msg socket{};
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      bytes < NLMSG_HDRLEN + sizeof(socket)) {
    return Refused(EBADMSG);
  }
  std::memcpy(&socket, body, sizeof(socket));
  // Once its process has let go of a socket, the kernel says that it is root's.
  if (socket.idiag_state != kEstablished || socket.idiag_inode == 0) {
    return std::optional<uid_t>();
  }
  return std::optional<uid_t>(socket.idiag_uid);
}

}  // namespace

base::Result<std::optional<uid_t>> DiagnoseOwner(const SocketEnd& from,
                                                 const SocketEnd& to) {
  const bool sound = (from.address.size() == sizeof(in_addr) ||
                      from.address.size() == sizeof(in6_addr)) &&
                     from.address.size() == to.address.size();
  if (!sound) return std::optional<uid_t>();
  const base::FileDescriptor socket(
      ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return Refused(errno);
  const Question question = QuestionOf(from, to);
  if (send(socket.get(), &question, sizeof(question), 0) < 0) {
    return Refused(errno);
  }
  // The kernel has answered when `send` returns.
  alignas(nlmsghdr) std::array<char, 4096> answer;
  const ssize_t got =
      recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (got < 0) return Refused(errno);
  return OwnerInAnswer(answer.data(), static_cast<size_t>(got));
}

}  // namespace krait::daemon
