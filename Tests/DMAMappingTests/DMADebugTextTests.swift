import Operations
import Testing

@testable import DMAMapping

/// dma-debug's words, era by era.
@Suite("dma-debug: texts") struct DMADebugTextTests {
    @Test("The names stand before the prefix, then after it")
    func prefix() throws {
        let text =
            "device driver tries to free DMA memory it has not allocated "
            + "[device address=0x0000000010000000] [size=64 bytes]"
        for (kernel, message) in [
            ("4.19", "eth0 eth0: DMA-API: \(text)"), ("5.4", "DMA-API: eth0 eth0: \(text)"),
        ] {
            var one = try DebugKernel(kernel)
            one.map(1)
            one.unmap(1)
            one.unmap(1)
            #expect(one.messages == [message])
        }
    }

    @Test("Kinds have their era's names")
    func kinds() throws {
        for (kernel, made, released) in [
            ("4.19", "single", "page"), ("6.1", "scather-gather", "single"),
            ("6.7", "scatter-gather", "single"), ("6.18", "scatter-gather", "phy"),
        ] {
            var one = try DebugKernel(kernel)
            one.map(1, 64, .toDevice, kernel == "4.19" ? .mapSingle : .mapSG)
            one.unmap(1, kernel == "4.19" ? .unmapPage : .unmapSingle)
            #expect(one.checks == ["E5"])
            #expect(
                one.messages[0].hasSuffix("[mapped as \(made)] [unmapped as \(released)]"),
                "\(kernel): \(one.messages)")
        }
    }

    @Test("The address of the CPU is printed by two placeholders, the later one with a second 0x")
    func addresses() throws {
        for (kernel, isArm64, words) in [
            (
                "6.12", true,
                "[cpu alloc address=0x0000000010000000] [cpu free address=0x0000000010000040]"
            ),
            (
                "6.13", true,
                "[cpu alloc address=0x0x0000000010000000] [cpu free address=0x0x0000000010000040]"
            ),
            ("6.13", false, "[cpu alloc address=0x0x10000000] [cpu free address=0x0x10000040]"),
        ] {
            var one = try DebugKernel(kernel, isArm64: isArm64)
            one.perform(
                DMACall(
                    .allocCoherent, handle: Build.handle, device: Build.device,
                    segments: [DMACall.Segment(at: Operand(DebugKernel.rx), size: 4_096)]))
            var free = DMACall(.freeCoherent, handle: Build.handle)
            free.cpuAddress = Operand(DebugKernel.rx + 64)
            one.perform(free)
            #expect(one.checks == ["E6"])
            #expect(one.messages[0].hasSuffix(words), "\(one.messages)")
        }
    }

    @Test("A noncoherent allocation is compared from 6.17 on")
    func noncoherent() throws {
        for (kernel, checks) in [("6.16", ["E9"]), ("6.17", ["E6"])] {
            var one = try DebugKernel(kernel)
            one.perform(
                DMACall(
                    .allocPages, handle: Build.handle, device: Build.device,
                    segments: [DMACall.Segment(at: Operand(DebugKernel.rx), size: 4_096)]))
            var free = DMACall(.freePages, handle: Build.handle)
            free.cpuAddress = Operand(DebugKernel.rx + 64)
            one.perform(free)
            #expect(one.checks == checks, "\(kernel)")
        }
    }

    @Test("The stack's message had no blank before 4.9")
    func stack() throws {
        for (kernel, words) in [
            ("4.8", "fromstack [addr=10000000]"), ("4.9", "from stack [addr=10000000]"),
        ] {
            var one = try DebugKernel(kernel, isArm64: false, area: .stack)
            one.map(1, 64, .toDevice)
            #expect(one.messages[0].hasSuffix(words), "\(one.messages)")
        }
    }

    @Test("Every check has words for when, a hazard and kernels", arguments: DMADebugCheck.allCases)
    func rows(_ check: DMADebugCheck) {
        #expect(DMADebugCheck(name: check.name.lowercased()) == check)
        #expect(check.row.condition.hasSuffix("."))
        #expect(check.row.hazard.hasPrefix("H"))
        #expect(!check.row.wordings.isEmpty)
        for (one, next) in zip(check.row.wordings, check.row.wordings.dropFirst()) {
            #expect(one.kernels.upperBound == next.kernels.lowerBound)
        }
        #expect(check.kernels != "none")
    }

    @Test("There are 24, and no E0 or E25")
    func numbers() {
        #expect(DMADebugCheck.allCases.count == 24)
        #expect(DMADebugCheck.table.count == 24)
        #expect(DMADebugCheck(name: "E0") == nil)
        #expect(DMADebugCheck(name: "E25") == nil)
        #expect(DMADebugCheck(name: "H16") == nil)
    }

    @Test("Loops are unrolled: each round is a call")
    func loops() throws {
        var program = Program()
        let map = Build.map(DebugKernel.rx, 64, .fromDevice)
        program.statements = [
            Statement(.repeatBegin(count: 3), line: 2),
            Statement(.operation(.core(0), .dma(map)), line: 3),
            Statement(.repeatBegin(count: .max), line: 4),
            Statement(.operation(.core(0), .work(cycles: 1)), line: 5),
            Statement(.end, line: 6), Statement(.end, line: 7),
        ]
        var one = try DebugKernel("6.12")
        one.debug.run(program)
        #expect(one.checks == ["E23", "E23"])
        #expect(one.debug.reports.map(\.record) == [2])
    }
}
