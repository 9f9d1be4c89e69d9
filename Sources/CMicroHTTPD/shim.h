#include <microhttpd.h>

/// What starts with the request line of a request: its raw target, and what the other callbacks get as their request.
typedef void *(*martlet_http_begin)(void *closure, const char *target, struct MHD_Connection *connection);

/// A connection began or is about to be closed.
typedef void (*martlet_http_connect)(
    void *closure, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what);

/// MHD_start_daemon with the options that Martlet sets; Swift cannot call a variadic function.
static inline struct MHD_Daemon *martlet_http_start(
    int socket, MHD_AccessHandlerCallback handle, martlet_http_begin begin, MHD_RequestCompletedCallback completed,
    martlet_http_connect connect, void *closure, unsigned int threads, unsigned int connections, unsigned int timeout,
    size_t memory) {
  return MHD_start_daemon(
      MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, closure,
      MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_URI_LOG_CALLBACK, begin, closure, MHD_OPTION_NOTIFY_COMPLETED,
      completed, closure, MHD_OPTION_NOTIFY_CONNECTION, connect, closure, MHD_OPTION_THREAD_POOL_SIZE, threads,
      MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

// Versions of the library differ in how Swift sees their enumerations, so these have names of their own.
static const enum MHD_Result martlet_http_yes = MHD_YES;
static const enum MHD_Result martlet_http_no = MHD_NO;

/// Whether a connection began, and not ends.
static inline int martlet_http_is_start(enum MHD_ConnectionNotificationCode what) {
  return what == MHD_CONNECTION_NOTIFY_STARTED;
}

/// The socket of a connection, or -1.
static inline int martlet_http_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/// Calls `each` with every header field of a request.
static inline void martlet_http_headers(
    struct MHD_Connection *connection, MHD_KeyValueIteratorN each, void *closure) {
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, each, closure);
}

/// A response with a copy of `bytes` as its body.
static inline struct MHD_Response *martlet_http_response(size_t size, void *bytes) {
  return MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_COPY);
}
