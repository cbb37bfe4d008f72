import Foundation
import Reports
import Testing

/// What the studio answers.
@Suite("The studio")
struct StudioServerTests {
    static let trace = """
        staleline 1
        device eth0 noncoherent
        buffer rx 0x10000000 64
        ld rx 4
        eth0: wr rx 64
        wait eth0
        ld rx 4

        """

    @Test("Every page comes with a strict policy, and none has a script or a style of its own")
    func pages() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        for path in [
            "/", "/studio.js", "/studio.css", "/viewer.js", "/viewer.css", "/icon.svg",
            "/api/start",
        ] {
            let answer = try await studio.get(path)
            #expect(answer.status == 200, "\(path)")
            #expect(answer.body.count == Int(answer.headers["content-length"] ?? ""))
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"))
            #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
        }
        let page = String(decoding: try await studio.get("/").body, as: UTF8.self)
        #expect(!page.contains(#/<style|style=|\son\w+=|<script>|https?:/#))
    }

    @Test("A trace is run, and its film is that of the report")
    func run() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let answer = try await studio.post(
            "/api/run?machine=zynq7000&kernel=6.12", Array(Self.trace.utf8))
        #expect(answer.status == 200)
        #expect(answer.json["schema"] as? String == "staleline.steps/1")
        #expect((answer.json["steps"] as? [Any])?.count == 5)
        let codes = (answer.json["findings"] as? [[String: Any]])?.compactMap {
            $0["code"] as? String
        }
        #expect(codes?.contains("H01") == true, "\(codes ?? [])")
    }

    @Test("Faults of a trace come back with line, found and expected")
    func located() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let answer = try await studio.post(
            "/api/check", Array("staleline 1\nld 0x1000 4\nsd 0x1000 4\n".utf8))
        #expect(answer.status == 422)
        let error = try #require((answer.json["errors"] as? [[String: Any]])?.first)
        #expect(error["line"] as? Int == 3)
        #expect(error["found"] as? String == "'sd'")
        #expect((error["expected"] as? String)?.isEmpty == false)
        let good = try await studio.post("/api/check", Array(Self.trace.utf8))
        #expect(good.status == 200)
        #expect(good.json["machine"] as? String == "zynq7000")
    }

    @Test("Strategies are compared, with tables and a chart")
    func compare() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let answer = try await studio.post("/api/compare", Array(Self.trace.utf8))
        #expect(answer.status == 200)
        #expect((answer.json["chart"] as? String)?.hasPrefix("<svg") == true)
        let costs = try #require(answer.json["costs"] as? [String: Any])
        #expect((costs["rows"] as? [[String]])?.contains { $0[0].hasPrefix("streaming") } == true)
        #expect((answer.json["conclusion"] as? String)?.isEmpty == false)
    }

    @Test("The life of a byte, and the text of an upload")
    func lifeAndUpload() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let life = try await studio.post("/api/life?address=10000000", Array(Self.trace.utf8))
        #expect((life.json["text"] as? String)?.contains("Now stale: L1D0") == true)
        let opened = try await studio.post("/api/open", Array(Self.trace.utf8))
        #expect(opened.json["text"] as? String == Self.trace)
    }

    @Test("Lessons are listed, opened and graded; others are not there")
    func lessons() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let listed = try await studio.get("/api/start").json["lessons"] as? [[String: Any]]
        #expect(listed?.map { $0["name"] as? String } == ["one"])
        let opened = try await studio.post("/api/lesson?lesson=one", [])
        #expect(opened.json["title"] as? String == "One")
        for (answer, isRight) in [("17", true), ("18", false)] {
            let grade = try await studio.post(
                "/api/grade?lesson=one&question=1", Array(answer.utf8))
            #expect(grade.json["isRight"] as? Bool == isRight)
        }
        for path in ["lesson?lesson=two", "grade?lesson=one&question=2", "grade?lesson=../one"] {
            #expect(try await studio.post("/api/\(path)", []).status == 404, "\(path)")
        }
    }

    @Test("50 sessions at once each get their own answer")
    func sessions() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let results = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
            for index in 0..<50 {
                group.addTask {
                    let text = "staleline 1\nbuffer own\(index) 0x1000 64\nst own\(index) 4\n"
                    return (index, try await studio.post("/api/run", Array(text.utf8)))
                }
            }
            var all: [(Int, Answer)] = []
            for try await result in group { all.append(result) }
            return all
        }
        #expect(results.count == 50)
        for (index, answer) in results {
            #expect(answer.status == 200)
            let names = answer.json["lineNames"] as? [String: String]
            #expect(names?.values.contains("own\(index)") == true)
        }
    }

    @Test("Only this computer's own address answers")
    func loopback() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        #expect(await studio.isReachable(at: "127.0.0.1"))
        // Also loopback, and not the address that is bound.
        #expect(await !studio.isReachable(at: "127.0.0.2"))
    }
}
