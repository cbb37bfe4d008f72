import Foundation
import Testing

@testable import StudioServer

/// Requests that mean no good, or nothing: each is refused with a reason, and the server goes on.
@Suite("The studio: hostile requests")
struct HostileStudioTests {
    private func expectRefusal(
        _ answer: Answer, _ status: Int, _ reason: String, _ what: String
    ) {
        #expect(answer.status == status, "\(what)")
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains(reason), "\(what): \(text.prefix(300))")
        #expect(answer.headers["content-security-policy"] != nil, "\(what)")
    }

    @Test("Heads that are none")
    func heads() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let long = String(repeating: "a", count: 20_000)
        let cases: [(String, Int, String)] = [
            ("GARBLED\r\n\r\n", 400, "expected a first line"),
            ("GET / HTTP/1.1 now\r\n\r\n", 400, "expected a first line"),
            ("GET / HTTP/9.9\r\n\r\n", 505, "expected HTTP/1.1"),
            ("GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400, "expected a path"),
            ("GET /\u{1} HTTP/1.1\r\n\r\n", 400, "printable ASCII"),
            ("GET / HTTP/1.1\r\n\r\n", 421, "found the host (none)"),
            ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "found the host evil.example"),
            ("GET /\(long) HTTP/1.1\r\n\r\n", 431, "at most 16384 bytes"),
            (studio.head("GET /?a=%zz HTTP/1.1"), 400, "percent-encoded"),
            (studio.head("GET / HTTP/1.1", ["X Y: 1"]), 400, "expected header lines"),
            (studio.head("GET / HTTP/1.1", ["Host: twice"]), 400, "found the header host twice"),
            (studio.head("GET / HTTP/1.1", ["Origin: http://evil.example"]), 403, "another page"),
            (studio.head("PUT / HTTP/1.1"), 405, "expected GET, HEAD or POST"),
            (studio.head("POST /api/run HTTP/1.1"), 411, "expected a Content-Length"),
            (
                studio.head("POST /api/run HTTP/1.1", ["Transfer-Encoding: chunked"]), 411,
                "not a Transfer-Encoding"
            ),
            (studio.head("POST /api/run HTTP/1.1", ["Content-Length: -1"]), 400, "a number"),
            (
                studio.head("POST /api/run HTTP/1.1", ["Content-Length: 99999999999999999999"]),
                413, "expected at most 1048576"
            ),
        ]
        for (text, status, reason) in cases {
            let answer = try await studio.send(Array(text.utf8))
            expectRefusal(answer, status, reason, String(text.prefix(60)))
        }
        #expect(try await studio.get("/").status == 200)
    }

    @Test("A machine that a trace sets wrongly is blamed on the line that sets it")
    func settings() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let answer = try await studio.post(
            "/api/check",
            Array("staleline 1\nmachine zynq7000\nset core.mhz=600\nset l2.size=3\nld 0 4\n".utf8))
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("\"line\":4") && text.contains("set l2.size=3"), "\(text)")
        let get = try await studio.get("/api/check")
        #expect(get.status == 405)
    }

    @Test("Names in a request are never paths")
    func paths() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        for path in [
            "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
            "/viewer.js/../../../etc/passwd", "/configs/zynq7000.yaml", "/..%5c..%5cetc",
            "/studio.html", "/viewer.js%00.txt",
        ] {
            expectRefusal(try await studio.get(path), 404, "never paths", path)
        }
        for name in ["../../etc/passwd", "/etc/passwd", "configs/zynq7000.yaml", "%2e%2e/x.yaml"] {
            let answer = try await studio.post(
                "/api/run?machine=\(name)", Array("staleline 1\nld 0x1000 4\n".utf8))
            expectRefusal(answer, 400, "zynq7000", name)
            let declared = try await studio.post(
                "/api/run", Array("staleline 1\nmachine \(name)\nld 0x1000 4\n".utf8))
            #expect(declared.status == 422, "\(name)")
            #expect(declared.json["errors"] != nil)
        }
    }

    @Test("Uploads that are no traces, or too much of one")
    func uploads() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let nested =
            "staleline 1\n" + String(repeating: "repeat 2\n", count: 5_000)
            + String(repeating: "end\n", count: 5_000)
        let cases: [(String, [UInt8], String)] = [
            ("nothing", [], "the end of the file"),
            ("noise", (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }, "found"),
            ("not UTF-8", Array("staleline 1\nld ".utf8) + [0xFF, 0xFE, 0x0A], "found"),
            ("brackets", [UInt8](repeating: UInt8(ascii: "["), count: 200_000), "found"),
            ("nested", Array(nested.utf8), "expected"),
            (
                "endless", Array("staleline 1\nrepeat 1000000000\nld 0x1000 4\nend\n".utf8),
                "a shorter run"
            ),
            ("long run", Array("staleline 1\nld 0x1000 4G by 4\n".utf8), "in the studio"),
        ]
        for action in ["run", "compare", "life?address=1000"] {
            for (name, body, reason) in cases {
                let answer = try await studio.post("/api/\(action)", body)
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect((400..<500).contains(answer.status), "\(action), \(name): \(answer.status)")
                #expect(text.contains(reason), "\(action), \(name): \(text.prefix(300))")
            }
        }
        let binary = try await studio.post("/api/open", Array("SLTB".utf8) + [1, 2, 3])
        #expect(binary.status == 422)
    }

    @Test(
        "A body that is too large is refused by its length, and its sender is told while it still sends"
    )
    func tooLarge() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let head = studio.head("POST /api/run HTTP/1.1", length: 1 << 30)
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: 24 << 20)
        let answer = try await studio.send(Array(head.utf8) + part)
        expectRefusal(answer, 413, "found 1073741824 bytes, expected at most 1048576", "1 GiB")
        #expect(try await studio.get("/").status == 200)
    }

    @Test("Who sends half a request and waits is told that it did not arrive")
    func half() async throws {
        let studio = try await RunningStudio(
            patience: .init(request: 0.2, answer: 1_800, farewell: 0.2))
        defer { studio.stop() }
        let answer = try await studio.send(Array("GET / HTTP/1.1\r\nHo".utf8), isHalf: true)
        expectRefusal(answer, 408, "did not arrive within 0.2 s", "half a head")
    }

    @Test("A head in pieces is found where it ends")
    func ends() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\nbody".utf8)
        for cut in 1...bytes.count {
            let end = HTTPHead.end(in: Array(bytes[..<cut]), from: max(0, cut - 1))
            #expect(cut < bytes.count - 4 ? end == nil : cut > bytes.count - 4 || end == 27)
        }
        #expect(HTTPHead.end(in: bytes, from: 0) == bytes.count - 4)
    }
}
