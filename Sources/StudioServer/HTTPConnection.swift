import FlyingSocks
import Foundation

/// One client and its one request.
struct HTTPConnection<Pool: AsyncSocketPool>: Sendable {
    private let socket: AsyncSocket
    private let pool: Pool
    private let hosts: Set<String>
    private let patience: StudioServer.Patience

    init(
        _ socket: AsyncSocket, _ pool: Pool, hosts: Set<String>, _ patience: StudioServer.Patience
    ) {
        self.socket = socket
        self.pool = pool
        self.hosts = hosts
        self.patience = patience
    }

    /// Reads the request, answers it and closes.
    ///
    /// - Parameter studio: Who answers; nil: too many are connected.
    func answer(_ studio: Studio?) async {
        defer { try? socket.close() }
        do {
            guard let studio else {
                // Not one of those that are counted: nothing more is waited for.
                try await send(Studio.refused(HTTPRefusal(503, "too many connections at once")))
                return
            }
            guard let request = try await timed(patience.request, { try await read() }) else {
                let limit = patience.request.formatted(.number.locale(Locale(identifier: "en")))
                throw HTTPRefusal(408, "the request did not arrive within \(limit) s")
            }
            var response = await studio.answer(request)
            if request.method == "HEAD" { response.body = [] }
            try await send(response)
        } catch let refusal as HTTPRefusal {
            try? await send(Studio.refused(refusal))
            _ = try? await timed(patience.farewell) { try await drop() }
        } catch {
            // The client has gone: there is nobody to tell.
        }
    }

    /// Sends an answer; who does not take it in time gets the rest no more.
    private func send(_ response: HTTPResponse) async throws {
        let bytes = Data(Array(response.head.utf8) + response.body)
        _ = try await timed(patience.answer) { try await socket.write(bytes) }
    }

    /// Reads a request within the limits.
    private func read() async throws -> HTTPRequest {
        var bytes: [UInt8] = []
        var end: Int?
        while end == nil {
            let start = bytes.count
            bytes += try await receive(4_096)
            end = HTTPHead.end(in: bytes, from: start)
            guard end ?? bytes.count <= HTTPHead.limit else {
                throw HTTPRefusal(431, "expected a head of at most \(HTTPHead.limit) bytes")
            }
        }
        var request = try HTTPHead.parse(bytes[..<(end ?? 0)])
        let length = try HTTPHead.bodyLength(
            of: request, hosts: hosts, limit: StudioServer.bodyLimit)
        if request.headers["expect"]?.lowercased() == "100-continue" {
            try await socket.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
        request.body = Array(bytes[(end ?? 0)...].prefix(length))
        while request.body.count < length {
            request.body += try await receive(min(64 << 10, length - request.body.count))
        }
        return request
    }

    /// What has arrived, at least one byte.
    ///
    /// - Throws: when the client has closed.
    private func receive(_ most: Int) async throws -> [UInt8] {
        while true {
            try Task.checkCancellation()
            do {
                return try socket.socket.read(atMost: most)
            } catch SocketError.blocked {
                try await pool.suspendSocket(socket.socket, untilReadyFor: .read)
            }
        }
    }

    /// Reads on without keeping anything, until the client closes.
    private func drop() async throws -> HTTPRequest {
        while true { _ = try await receive(64 << 10) }
    }

    /// Does something within a time; nil: it took longer.
    private func timed<Value: Sendable>(
        _ seconds: Double, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
