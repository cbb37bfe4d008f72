import Experiments
import Foundation
import Machines
import Testing
import Traces

@testable import Hazards

/// Cores that stop in a call, maps that fail, and transfers beyond a mask.
@Suite("Pauses, failed maps, reach")
struct PauseTests {
    private func check(_ text: String, machine: String = "zynq7000") throws -> CheckResult {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let yaml = try String(
            contentsOf: root.appendingPathComponent("configs/\(machine).yaml"), encoding: .utf8)
        let description = try MachineDescription.parse(yaml: yaml, file: machine, overrides: [])
        let program = try NativeParser.parse(Array("staleline 1\n\(text)\n".utf8), file: "t.slt")
        return try Check.run(
            Setup(program, file: "t.slt", machine: description.configuration))
    }

    private func faults(_ text: String) -> [String] {
        do {
            _ = try check(text)
            return []
        } catch {
            return ((error as? TraceErrors)?.errors ?? []).map(\.description)
        }
    }

    @Test("A resume without a pause, and a statement that never ends, are errors at their lines")
    func errors() {
        #expect(
            faults("env resume core0").first?.hasPrefix("t.slt:2: found env resume core0") == true)
        #expect(
            faults("dsb\nenv pause core0\ndc civac 0x1000\ndsb\nenv resume core0").first?
                .hasPrefix("t.slt:6: found env resume core0, which is not stopped") == true)
        let call =
            "kernel 6.12\ndevice d noncoherent\nenv pause core0\nh = dma_map_single d 0x1000 64 FROM_DEVICE"
        #expect(
            faults(call).first?.hasPrefix("t.slt:5: found a statement that core0 never ends")
                == true)
        #expect(
            faults(call + "\nenv pause core0\nenv resume core0").first?
                .hasPrefix("t.slt:6: found env pause core0, which is stopped in line 5") == true)
        #expect(faults(call + "\nenv resume core0") == [])
    }

    @Test("A pause changes no time and no event of a call that nothing comes between")
    func sameTime() throws {
        let head = "kernel 6.12\ndevice d noncoherent\nst 0x1000 64 by 4\n"
        let call = "h = dma_map_single d 0x1000 256 BIDIRECTIONAL\n"
        let plain = try check(head + call).replay
        for count in 1...4 {
            let paused = try check(
                head + "env pause core0 \(count)\n" + call
                    + (count < 3 ? "env resume core0" : "")
            ).replay
            #expect(paused.elapsed == plain.elapsed, "after \(count)")
            #expect(paused.counters == plain.counters, "after \(count)")
        }
    }

    @Test("A map that fails and a transfer beyond the mask are misuse, said once for a statement")
    func reach() throws {
        let failed = try check(
            """
            kernel 6.12
            swiotlb none
            device d noncoherent mask 28
            repeat 3
            h = dma_map_single d 0x10000000 64 TO_DEVICE
            end
            """
        ).judgement.findings
        #expect(failed.map(\.code) == [.h33])
        #expect(failed.first?.detail.contains("DMA addr 0x0000000010000000+64 overflow") == true)
        let beyond = try check("device d noncoherent mask 28\nd: wr 0xFFFFFF0 32").judgement
            .findings
        #expect(beyond.map(\.code) == [.h33])
        #expect(
            try check("device d noncoherent mask 28\nd: wr 0xFFFFFE0 32").judgement.findings == [])
        #expect(
            try check("device d noncoherent iommu mask 28\nd: wr 0xFFFFFF0 32").judgement.findings
                == [])
    }

    @Test("A bounced ring of buffers in a loop, synced as it should be, shows nothing")
    func bouncedLoop() throws {
        let findings = try check(
            """
            kernel 6.12
            swiotlb 0x8000000 64K
            device d noncoherent mask 28
            buffer rx 0x20000000 4K
            repeat 100
            h = dma_map_single d rx 2048 FROM_DEVICE
            dma_mapping_error h
            writel d+0x10 = 1
            d: wr rx 1514
            wait d
            dma_sync_single_for_cpu h 0 1514
            ld rx 1514 by 4
            dma_sync_single_for_device h 0 1514
            writel d+0x10 = 1
            d: wr rx 1514
            wait d
            dma_unmap_single h
            ld rx 1514 by 4
            end
            """
        ).judgement.findings
        #expect(findings == [])
    }
}
