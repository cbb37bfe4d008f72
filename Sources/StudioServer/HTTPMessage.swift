/// What a client asks.
struct HTTPRequest: Sendable, Equatable {
    var method: String
    /// The path as it was sent, without the query: it is compared, never resolved.
    var path: String
    /// Names and values of the query, decoded.
    var query: [String: String] = [:]
    /// By lower-case names.
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    /// How many bytes the body will have; nil: the head does not say.
    var announcedLength: Int? { headers["content-length"].flatMap { Int($0) } }
}

/// Why a request is refused.
struct HTTPRefusal: Error, Equatable {
    var status: Int
    var reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// What is answered.
struct HTTPResponse: Sendable {
    var status: Int
    var type: String
    var body: [UInt8]

    init(_ status: Int, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// What a page may do: run and show what this server sends, and ask nobody else.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static let phrases = [
        200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required",
        413: "Content Too Large", 421: "Misdirected Request", 422: "Unprocessable Content",
        431: "Request Header Fields Too Large", 500: "Internal Server Error",
        503: "Service Unavailable", 505: "HTTP Version Not Supported",
    ]

    /// The status line and the headers, up to the empty line.
    var head: String {
        var lines = [
            "HTTP/1.1 \(status) \(Self.phrases[status] ?? "Status")", "Content-Type: \(type)",
            "Content-Length: \(body.count)", "Connection: close", "Cache-Control: no-store",
            "Content-Security-Policy: \(Self.policy)", "X-Content-Type-Options: nosniff",
            "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin",
            "Cross-Origin-Opener-Policy: same-origin",
        ]
        if status == 405 { lines.append("Allow: GET, HEAD, POST") }
        if status == 503 { lines.append("Retry-After: 1") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }
}
