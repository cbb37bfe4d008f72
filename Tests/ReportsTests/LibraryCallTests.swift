import DMAMapping
import Experiments
import Hazards
import Operations
import Quantities
import Reports
import Testing
import Traces

/// What `explain SCB_CleanDCache_by_Addr` answers, and what a check says to code that calls a library.
@Suite("Calls of bare-metal libraries")
struct LibraryCallTests {
    private func cost(
        _ question: CallCost.Question, on machine: String, kernel: KernelEra = .bareMetal
    ) throws -> CallCost {
        try CallCost(question, machine: Sample.machine(machine).configuration, kernel: kernel)
    }

    @Test("Each operation with its lines; the caches' state makes a difference")
    func parts() throws {
        let question = CallCost.Question("SCB_CleanDCache_by_Addr", offset: 16, size: 64)
        let dirty = try cost(question, on: "stm32h743")
        #expect(
            dirty.parts.map(\.text) == ["dsb sy", "dc cvac 0x10000010 64", "dsb sy", "isb"])
        #expect(dirty.parts.map(\.lines) == [nil, 3, nil, nil])
        #expect(dirty.state == .dirty)
        #expect(dirty.plan.count == 4)
        #expect(!dirty.hasDirection)
        var absent = question
        absent.state = .absent
        #expect(try cost(absent, on: "stm32h743").time < dirty.time)
        var old = question
        old.version = LibraryVersion(5, 4)
        #expect(try cost(old, on: "stm32h743").parts.map(\.lines) == [nil, 2, nil, nil])
        let report = CallCostReport(try cost(old, on: "stm32h743"))
        #expect(report.text.hasPrefix("SCB_CleanDCache_by_Addr of version 5.4: 64 bytes at"))
        #expect(report.json.text.contains("\"version\": \"5.4\""))
        // What discards is asked about clean lines.
        let invalidate = CallCost.Question("SCB_InvalidateDCache_by_Addr")
        #expect(try cost(invalidate, on: "stm32h743").state == .clean)
    }

    /// A loop that goes line by line is one part for each operation of a round, and no time is lost.
    @Test("Loops are folded")
    func folded() throws {
        let flush = CallCost.Question("Xil_DCacheFlushRange", size: 128)
        #expect(
            try cost(flush, on: "zynq7000").parts.map(\.text) == [
                "dc civac 0x10000000 128", "dsb sy",
                "l2 flush 0x10000000 to 0x10000060, 4 times", "l2 sync, 4 times",
            ])
        let tail = CallCost.Question("Xil_DCacheInvalidateRange", offset: 8, size: 120)
        #expect(
            try cost(tail, on: "zynq7000").parts.map(\.text) == [
                "dc civac 0x10000008 24", "dsb sy", "l2 flush 0x10000008 24", "l2 sync", "l2 sync",
                "l2 inv 0x10000020 to 0x10000060, 3 times", "l2 sync, 3 times",
                "dc ivac 0x10000020 96", "dsb sy",
            ])
        // U-Boot on Cortex-M steps by eight bytes, and ends one step early.
        let steps = try cost(CallCost.Question("flush_dcache_range", size: 40), on: "stm32h743")
        #expect(
            steps.parts.map(\.text) == [
                "dsb sy", "dmb sy, 4 times", "dc cvac 0x10000000 to 0x10000018, 4 times",
                "dsb sy", "isb",
            ])
        #expect(steps.parts.map(\.lines) == [nil, nil, 4, nil, nil])
        #expect(steps.time == steps.parts.reduce(Ticks.zero) { $0 + $1.time })
    }

    /// Where a machine has a function there is an answer, elsewhere an error that says where.
    @Test(
        "Every function on every kind of machine",
        arguments: ["arm926", "rpi1", "am335x", "zynq7000", "zynqmp", "stm32h743"])
    func names(_ machine: String) throws {
        var libraries: Set<VendorCall.Library> = []
        for function in VendorCall.Function.allCases {
            do {
                let cost = try cost(CallCost.Question(function.rawValue, size: 256), on: machine)
                #expect(CallCostReport(cost).text.contains(function.rawValue))
                #expect(!cost.parts.isEmpty)
                libraries.insert(function.library)
            } catch let error as TraceErrors {
                #expect(
                    error.description.contains("expected a processor on which it is: "), "\(error)")
            }
        }
        let expected: [String: Set<VendorCall.Library>] = [
            "arm926": [.uBoot], "rpi1": [.uBoot], "am335x": [.uBoot, .zephyr],
            "zynq7000": [.uBoot, .zephyr, .xilinx], "zynqmp": [.uBoot, .zephyr, .xilinx, .nuttX],
            "stm32h743": [.cmsis, .uBoot, .zephyr, .nuttX],
        ]
        #expect(libraries == expected[machine])
    }

    @Test("A Linux kernel has no such function")
    func linux() throws {
        let error = #expect(throws: TraceErrors.self) {
            try cost(
                CallCost.Question("up_clean_dcache"), on: "stm32h743",
                kernel: .linux(KernelVersion(6, 12)))
        }
        #expect(error?.description.contains("a function of NuttX, with kernel 6.12") == true)
    }

    /// One transfer each way; the call stands where it helps neither.
    private func mends(_ call: String, on machine: String) throws -> [HazardCode: String] {
        let text = """
            staleline 1
            device eth0 noncoherent
            buffer tx 0x10000000 128
            buffer rx 0x10001000 128
            buffer other 0x10002000 64
            \(call)
            ld rx 128 by 4
            st tx 128 by 4
            dsb sy
            ring eth0
            eth0: rd tx 128
            eth0: wr rx 128
            wait eth0
            ld rx 128 by 4

            """
        let result = try Check.run(Sample.setup(text, machine: machine))
        return Dictionary(
            result.judgement.findings.map { ($0.code, $0.mend) }, uniquingKeysWith: { a, _ in a })
    }

    struct Idiom: Sendable, CustomTestStringConvertible {
        var call: String
        var machine: String
        var clean: String
        var invalidate: String

        var testDescription: String { "\(call) on \(machine)" }
    }

    static let idioms: [Idiom] = [
        Idiom(
            call: "dsb sy", machine: "stm32h743", clean: "dc cvac tx 128; dsb sy after",
            invalidate: "dc ivac rx 128; dsb sy after"),
        Idiom(
            call: "SCB_CleanDCache_by_Addr other 64", machine: "stm32h743",
            clean: "SCB_CleanDCache_by_Addr tx 128 after",
            invalidate: "SCB_InvalidateDCache_by_Addr rx 128 after"),
        Idiom(
            call: "up_flush_dcache other 64", machine: "stm32h743",
            clean: "up_clean_dcache tx 128 after", invalidate: "up_invalidate_dcache rx 128 after"),
        Idiom(
            call: "Xil_L1DCacheStoreLine other", machine: "zynq7000",
            clean: "Xil_DCacheFlushRange tx 128 after",
            invalidate: "Xil_DCacheInvalidateRange rx 128 after"),
        // U-Boot cleans both levels in order, but invalidates the outer one last.
        Idiom(
            call: "flush_cache other 64", machine: "zynq7000",
            clean: "flush_dcache_range tx 128 after",
            invalidate: "l2 inv rx 128; l2 sync; invalidate_dcache_range rx 128 after"),
        Idiom(
            call: "flush_cache other 64", machine: "rpi3",
            clean: "flush_dcache_range tx 128 after",
            invalidate: "invalidate_dcache_range rx 128 after"),
        // Zephyr does nothing for an outer cache.
        Idiom(
            call: "sys_cache_data_flush_range other 64", machine: "zynq7000",
            clean: "sys_cache_data_flush_range tx 128; l2 clean tx 128; l2 sync after",
            invalidate: "l2 inv rx 128; l2 sync; sys_cache_data_invd_range rx 128 after"),
    ]

    @Test("Mends are in the words of the library that the trace calls", arguments: idioms)
    func mends(_ idiom: Idiom) throws {
        let found = try mends(idiom.call, on: idiom.machine)
        #expect(found[.h03]?.hasPrefix(idiom.clean) == true, "\(found)")
        #expect(found[.h01]?.hasPrefix(idiom.invalidate) == true, "\(found)")
    }

    /// No device and no buffer is named: what an invalidate can lose is watched for its own sake.
    @Test("A library's invalidate is watched as the instruction is")
    func watched() throws {
        let text = """
            staleline 1
            st 0x10000000 4
            SCB_InvalidateDCache_by_Addr 0x10000008 24
            ld 0x10000000 4

            """
        let result = try Check.run(Sample.setup(text, machine: "stm32h743"))
        #expect(result.judgement.findings.map(\.code) == [.h11])
        let clean = text.replacing("Invalidate", with: "CleanInvalidate")
        #expect(
            try Check.run(Sample.setup(clean, machine: "stm32h743")).judgement.findings.isEmpty)
    }
}
