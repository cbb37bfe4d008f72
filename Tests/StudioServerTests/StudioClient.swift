import Foundation
import Glibc
import Machines
import Reports
import StudioServer
import Testing

/// A studio that is served on a free port while a test runs.
struct RunningStudio {
    let port: UInt16
    private let task: Task<Void, any Error>

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Begins to serve.
    ///
    /// Unless a test is about the server's patience it has some for a machine whose threads all run other tests for minutes.
    init(
        patience: StudioServer.Patience = .init(request: 1_800, answer: 1_800, farewell: 1_800)
    ) async throws {
        let files = try ["zynq7000", "rpi3"].map { name in
            (
                "\(name).yaml",
                try String(
                    contentsOf: Self.root.appendingPathComponent("configs/\(name).yaml"),
                    encoding: .utf8)
            )
        }
        let studio = Studio(
            machines: MachineCatalogue(files),
            examples: [Studio.Example(name: "one", text: "staleline 1\nld 0x1000 4\n")],
            lessons: OneLesson(), workers: 2)
        let (ports, found) = AsyncStream.makeStream(of: UInt16.self)
        let task = Task {
            try await StudioServer(studio, port: 0, patience: patience).run { address, port in
                // Unless told otherwise nobody but this computer can connect.
                if address == "127.0.0.1" { found.yield(port) }
                found.finish()
            }
        }
        self.task = task
        port = try #require(await ports.first { _ in true })
    }

    func stop() { task.cancel() }

    /// The head of a request.
    func head(_ line: String, _ headers: [String] = [], length: Int? = nil) -> String {
        let all =
            [line, "Host: 127.0.0.1:\(port)"] + headers
            + (length.map { ["Content-Length: \($0)"] } ?? [])
        return all.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// Asks for a page.
    func get(_ path: String) async throws -> Answer {
        try await send(Array(head("GET \(path) HTTP/1.1").utf8))
    }

    /// Sends a trace.
    func post(_ path: String, _ body: [UInt8]) async throws -> Answer {
        try await send(Array(head("POST \(path) HTTP/1.1", length: body.count).utf8) + body)
    }

    /// Sends bytes and takes what comes back until the server closes.
    ///
    /// On a thread of its own: the server needs those that tasks run on. With `isHalf` the server is not told that nothing
    /// more will come.
    func send(
        _ bytes: [UInt8], address: String = "127.0.0.1", isHalf: Bool = false
    ) async throws -> Answer {
        let port = port
        let data: [UInt8]? = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Self.exchange(bytes, address, port, isHalf: isHalf))
            }
        }
        return try #require(data.flatMap(Answer.init))
    }

    /// Whether a server answers at an address.
    func isReachable(at address: String) async -> Bool {
        let port = port
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: Self.exchange([], address, port) != nil)
            }
        }
    }

    private static func exchange(
        _ bytes: [UInt8], _ address: String, _ port: UInt16, isHalf: Bool = false
    ) -> [UInt8]? {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let connected = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        guard !bytes.isEmpty else { return [] }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    file, $0.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            sent += count
        }
        if !isHalf { shutdown(file, Int32(SHUT_WR)) }
        var result: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(file, &part, part.count, 0)
            guard count > 0 else { return result }
            result += part[..<count]
        }
    }
}

/// What a server answered.
struct Answer {
    var status: Int
    var headers: [String: String] = [:]
    var body: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        guard let code = lines[0].split(separator: " ").dropFirst().first, let status = Int(code)
        else { return nil }
        self.status = status
        for line in lines.dropFirst() {
            let parts = line.components(separatedBy: ": ")
            if parts.count > 1 { headers[parts[0].lowercased()] = parts[1] }
        }
        body = Array(bytes[end.upperBound...])
    }

    var json: [String: Any] {
        ((try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]) ?? [:]
    }
}

/// A course of one lesson, whose only question has the answer 17.
struct OneLesson: StudioLessons {
    var list: JSONValue {
        .array([
            .object([
                ("name", .string("one")), ("number", .count(1)), ("title", .string("One")),
                ("goal", .string("To know the answer.")),
            ])
        ])
    }

    func lesson(_ name: String) -> JSONValue? {
        name == "one" ? .object([("title", .string("One"))]) : nil
    }

    func grade(lesson: String, question: Int, answer: [UInt8], limit: UInt64) -> JSONValue? {
        guard lesson == "one", question == 1 else { return nil }
        return .object([("isRight", .bool(answer == Array("17".utf8)))])
    }
}
