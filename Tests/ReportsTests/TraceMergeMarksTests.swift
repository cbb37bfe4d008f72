import Operations
import Testing
import Traces

@testable import Experiments

@Suite("Merging by marks")
struct TraceMergeMarksTests {
    private typealias S = MergeSample

    private static let log = [
        S.line(1, S.map), S.line(2, S.map.replacing("1000", with: "3000")),
        S.line(3, S.map.replacing("d0", with: "0:1")), S.line(4, S.unmap),
        S.line(5, S.unmap.replacing("1000", with: "3000")),
    ].joined(separator: "\n")

    private static let calls = [
        "dma1 = dma_map_page d0 0x1000 64 TO_DEVICE", "dma2 = dma_map_page d0 0x3000 64 TO_DEVICE",
        "dma3 = dma_map_page dev_0_1 0x1000 64 TO_DEVICE", "dma_unmap_page dma1",
        "dma_unmap_page dma2",
    ]

    private static var device: String { "mark log: device dev_0_1 is 0:1" }

    /// Marks with a load behind each.
    private static func trace(_ marks: [String]) -> String {
        marks.enumerated().map { "\($1)\nld 0x\($0) 4" }.joined(separator: "\n")
    }

    /// The calls with a load behind each.
    private static var merged: [String] {
        calls.enumerated().flatMap { ["\($1)", "ld 0x\($0) 4"] }
    }

    @Test(
        "the n-th mark of an event is the place of the n-th such event",
        arguments: [
            [
                "mark dma:dma_map_page d0", "mark dma:dma_map_page d0 the second",
                "mark dma_map_page 0:1", "mark dma:dma_unmap_page", "mark dma_unmap_phys",
            ],
            [
                "mark dma_map_single", "mark dma_map_phys", "mark dma:dma_map_page",
                "mark dma_unmap_single d0", "mark dma:dma_unmap_page d0",
            ],
            Array(repeating: "mark dma:next", count: 5),
        ])
    func places(marks: [String]) throws {
        let body = try S.body(Self.trace(marks), Self.log)
        #expect(body.filter { $0 != Self.device } == Self.merged)
        let result = try S.merge(Self.trace(marks), Self.log).result
        #expect(result.rule == .marks && result.marks == 5 && result.calls == 5)
    }

    @Test("events without any mark stand behind the event before them, and are told")
    func unmarked() throws {
        let cpu = Self.trace(["mark dma_unmap_page", "mark dma_unmap_page"])
        let (_, result) = try S.merge(cpu, Self.log)
        #expect(
            try S.body(cpu, Self.log).filter { $0 != Self.device }
                == Self.calls.prefix(4) + ["ld 0x0 4", Self.calls[4], "ld 0x1 4"])
        #expect(
            result.remarks.contains(
                "2 × dma_map_page d0 without marks: behind the event before in log"))
    }

    @Test(
        "counts that do not match name the first that does not fit",
        arguments: [
            (
                ["mark dma:dma_map_page"],
                "log:2: found dma_map_page d0, number 2 of dma_map_page, expected as many as cpu has marks for: 1"
            ),
            (
                Array(repeating: "mark dma:next", count: 4),
                "log:5: found dma_unmap_page d0, number 5 of all events"
            ),
            (
                Array(repeating: "mark dma:next", count: 7),
                "cpu:12: found mark dma:next, number 6 of all events, expected as many as log has: 5"
            ),
            (
                Array(repeating: "mark dma_unmap_page d0", count: 3),
                "cpu:6: found mark dma_unmap_page d0, number 3 of dma_unmap_page of d0, expected as many as log has: 2"
            ),
            (
                ["mark dma:dma_alloc"],
                "cpu:2: found mark dma:dma_alloc, number 1 of dma_alloc, expected as many as log has: 0"
            ),
            (["mark dma:dma_map_pag"], "cpu:2: found the event dma_map_pag, expected dma:next"),
            (["mark dma:next d0"], "expected mark dma:next alone"),
            (
                ["mark dma:dma_map_page d7"],
                "cpu:2: found the device d7, expected a device of the log: 0:1, d"
            ),
            (
                ["mark dma:next", "mark dma_map_page"],
                "cpu:4: found mark dma_map_page, expected marks for the next event alone"
            ),
            (
                ["mark dma_map_page", "mark dma_map_page d0"],
                "cpu:4: found mark dma_map_page d0, expected a device at each mark of dma_map_page"
            ),
            (
                ["mark dma_unmap_page", "mark dma_unmap_page"]
                    + Array(repeating: "mark dma_map_page", count: 3),
                "cpu:2: found mark dma_unmap_page for line 4 of log, above the mark for line 3"
            ),
        ])
    func mismatches(marks: [String], message: String) {
        let error = S.error(Self.trace(marks), Self.log)
        #expect(error.contains(message), "\(error)")
    }

    @Test("other marks stay, also those that begin with a function's name")
    func otherMarks() throws {
        let cpu = "mark dma_map_page of the ring\nmark cold\nmark dma:next"
        let log = S.line(1, S.map)
        #expect(
            try S.body(cpu, log) == [
                "mark dma_map_page of the ring", "mark cold", Self.calls[0],
            ])
        #expect(
            S.error("mark cold\nld 0x0 4", log).contains("cpu: found no statement with a time"))
        var options = TraceMerge.Options()
        options.rule = .marks
        #expect(S.error("mark cold", log, options).contains("no mark that stands for an event"))
    }

    @Test("loops with marks are unrolled, others stay")
    func loops() throws {
        let cpu = """
            repeat 2
              mark dma_map_page
              repeat 3
                ld 0x0 4
              end
              mark dma_unmap_page
            end
            """
        let log = [S.map, S.unmap, S.map, S.unmap].enumerated().map { S.line($0, $1) }
            .joined(separator: "\n")
        let round = { (number: Int) in
            [
                "dma\(number) = dma_map_page d0 0x1000 64 TO_DEVICE", "repeat 3", "ld 0x0 4", "end",
                "dma_unmap_page dma\(number)",
            ]
        }
        #expect(try S.body(cpu, log) == round(1) + round(2))
        let endless = "repeat 4000000000\nmark dma:next\nld 0x0 4\nend"
        #expect(S.error(endless, log).contains("loops with marks unrolled"))
    }

    @Test("stores to an address are marks, of a trace of accesses, too")
    func stores() throws {
        let log = [S.line(1, S.map), S.line(2, S.unmap)].joined(separator: "\n")
        var options = TraceMerge.Options()
        options.markStores = [try #require(MarkStore("0x5000"))]
        let lackey = " L 1000,4\n S 5000,4\n S 1000,4\n S 5000,4\n L 1004,4\n"
        let source = try ByteSource(bytes: Array(lackey.utf8), file: "cpu")
        let side = try TraceMerge.CPUSide(
            reading: AccessReader(source, format: .lackey), file: "cpu")
        let (text, result) = try S.merge(side, log, options)
        #expect(
            text.map { $0.replacing(#/ @t=\S+/#, with: "") } == [
                "kernel 6.12", "device d0 noncoherent mask 64", "core0: ld 0x1000 4",
                "core0: dma1 = dma_map_page d0 0x1000 64 TO_DEVICE", "core0: st 0x1000 4",
                "core0: dma_unmap_page dma1", "core0: ld 0x1004 4",
            ])
        #expect(result.marks == 2)
        let three = S.error("st 0x5000 4\nst 0x5000 4\nst 0x5000 4", log, options)
        #expect(three.contains("cpu:4: found a store to 0x5000, number 3 of all events"))
        let cut = try TraceMerge.CPUSide(
            reading: AccessReader(
                ByteSource(bytes: Array(" S 5000,4\n S 5000,4\n S 5000,4\n".utf8), file: "cpu"),
                format: .lackey), file: "cpu")
        let error = #expect(throws: TraceErrors.self) { try S.merge(cut, log, options) }
        #expect(error?.description.contains("number 3 of all events, access 3") == true)
        #expect(S.error("st 0x4f00 1K by 4", log, options).contains("a run of stores over 0x5000"))
    }

    @Test("stores can be marks of one event and device alone")
    func storeEvents() throws {
        var options = TraceMerge.Options()
        options.markStores = [
            try #require(MarkStore("0x5000=dma_map_page,d0")),
            try #require(MarkStore("20484=dma_unmap_page")),
        ]
        let cpu = """
            st 0x5000 4
            ld 0x0 4
            st 0x5000 4
            ld 0x1 4
            st 0x5004 4
            st 0x5004 4
            """
        #expect(
            try S.body(cpu, Self.log, options).filter { $0 != Self.device }
                == [
                    Self.calls[0], "ld 0x0 4", Self.calls[1], Self.calls[2], "ld 0x1 4",
                    Self.calls[3], Self.calls[4],
                ])
        for text in ["", "x", "0x", "0x10=", "0x10=foo", "0x10=dma_map_page,", "-1"] {
            #expect(MarkStore(text) == nil, "\(text)")
        }
    }
}
