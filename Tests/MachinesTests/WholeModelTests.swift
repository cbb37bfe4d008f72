import MemoryModel
import Quantities
import Testing

@testable import Machines

@Suite("Keys that a file may leave out")
struct WholeModelTests {
    @Test func fillTheConfigurationOfTheZynq() throws {
        let machine = try ConfigurationFiles.machine("zynq7000").configuration
        #expect(machine.coherence.protocol == .mesi)
        #expect(machine.coherence.migratesDirty && machine.coherence.duplicatesTags)
        #expect(machine.coherence.transferCycles == 27)
        #expect(machine.level1Instruction?.index == .vipt)
        #expect(machine.level1Data?.prefetch == nil)
        #expect(machine.level1Data?.linefillBuffers == 2)
        #expect(machine.level1Data?.evictionBuffers == 1)
        #expect(machine.level2?.inclusion == Inclusion.none)
        // 17 + tag 2 + 2 + data 3 + 2 = 26 cycles.
        #expect(machine.level2?.cache.hitCycles == 17)
        #expect(machine.level2?.outer?.tagLatencyCycles == 4)
        #expect(machine.level2?.outer?.dataLatencyCycles == 5)
        #expect(machine.level2?.outer?.overridesShared == false)
        #expect(machine.level2?.outer?.lineReadBuffers == 2)
        #expect(machine.level2?.cache.linefillBuffers == 4)
        #expect(machine.level2?.cache.evictionBuffers == 3)
        #expect(machine.memory.controllerPorts.map(\.name) == ["A", "B"])
        #expect(machine.ports.map(\.controllerPort) == ["A", "A", "B", "B", nil, nil])
        #expect(machine.ports.map(\.fifoBytes) == [1_024, 1_024, 1_024, 1_024, nil, nil])
        #expect(machine.ports[4].snoopRule == .acpA9)
        #expect(machine.ports[4].allocates == true)
        #expect(
            machine.ports.map(\.engine) == [nil, nil, nil, nil, nil]
                + [
                    EngineConfiguration(
                        channels: 8, fifoBytes: 1_024, readIssuing: 8, writeIssuing: 8)
                ])
    }

    @Test func fillTheConfigurationsOfOthers() throws {
        let arm926 = try ConfigurationFiles.machine("arm926").configuration
        #expect(arm926.architecture == .arm32v5)
        #expect(arm926.level1Data?.index == .vivt)
        #expect(arm926.level1Data?.dirtyGranule == 16)
        #expect(arm926.storeBuffer?.merges == false)
        #expect(arm926.storeBuffer?.drainedBy == [.uncachedLoad, .deviceLoad, .deviceStore])
        let rpi3 = try ConfigurationFiles.machine("rpi3").configuration
        #expect(rpi3.level2?.inclusion == .victim)
        #expect(rpi3.coherence.protocol == .moesi)
        #expect(rpi3.level1Data?.prefetch?.kind == .stride)
        #expect(rpi3.level1Data?.prefetch?.outstanding == 5)
        #expect(rpi3.level1Data?.prefetch?.pageBytes == 4_096)
        let zynqmp = try ConfigurationFiles.machine("zynqmp").configuration
        let acp = zynqmp.ports.first { $0.name == "ACP" }
        #expect(acp?.sizes == [16, 64])
        #expect(zynqmp.ports.first { $0.name == "HPC0" }?.snoopRule == .cacheable)
        let rpi5 = try ConfigurationFiles.machine("rpi5").configuration
        #expect(rpi5.core.invalidateCleans)
        #expect(rpi5.level2?.isPrivate == true)
        #expect(rpi5.level3?.cache.sets == 2_048)
        #expect(rpi5.level3?.isMemorySide == false)
        let altra = try ConfigurationFiles.machine("altra").configuration
        #expect(altra.level3?.isMemorySide == true)
        let am335x = try ConfigurationFiles.machine("am335x").configuration
        #expect(am335x.level2?.cache.dirtyGranule == 16)
        let imx6q = try ConfigurationFiles.machine("imx6q").configuration
        #expect(imx6q.level2?.outer?.storeBufferDrainCycles == nil)
        #expect(imx6q.level2?.outer?.overridesShared == true)
        #expect(imx6q.level2?.outer?.erratum752271 == true)
        #expect(imx6q.core.uncachedBurstBytes == 64)
        let am5728 = try ConfigurationFiles.machine("am5728").configuration
        #expect(am5728.core.uncachedReadBytes == 64)
        #expect(am5728.core.uncachedBurstBytes == nil)
        let kirkwood = try ConfigurationFiles.machine("kirkwood").configuration
        #expect(
            kirkwood.core.tlb
                == TLBConfiguration(
                    entries: 64, walkCycles: 144, microEntries: 8, microMissCycles: 7))
    }

    /// What a file leaves out is as the types of the model have it.
    @Test func areByDefaultWhatTheModelSays() throws {
        let optional = [
            "index", "critical_word_first", "linefill_buffers", "prefetch", "merges", "high_water",
            "drained_by",
        ]
        let text = try ConfigurationFiles.text("stm32h743").split(
            separator: "\n", omittingEmptySubsequences: false
        ).filter { line in !optional.contains { line.hasPrefix("  \($0): ") } }
            .joined(separator: "\n")
        let description = try MachineDescription.parse(yaml: text, file: "m.yaml")
        let machine = description.configuration
        #expect(machine.coherence == CoherenceConfiguration())
        #expect(
            machine.storeBuffer
                == StoreBufferConfiguration(entries: 4, entryBytes: 8, drainCycles: 32))
        #expect(
            machine.level1Data
                == CacheConfiguration(
                    size: 16_384, ways: 4, lineSize: 32, replacement: .random, hitCycles: 2,
                    streamingLines: 4))
        #expect(
            machine.level1Instruction
                == CacheConfiguration(size: 16_384, ways: 2, lineSize: 32, replacement: .random))
        #expect(
            machine.core
                == CoreConfiguration(
                    count: 1, clock: Frequency(megahertz: 480), outstandingMisses: 2,
                    honoursWriteThrough: true, milliCyclesPerFetch: 500))
        #expect(machine.memory.banks == nil && machine.memory.controllerPorts.isEmpty)
        #expect(machine.level3 == nil)
        var port = try #require(machine.ports.first)
        #expect(port.snoopRule == .always && port.sizes.isEmpty && port.fifoBytes == nil)
        port.snoopLatency = Ticks(rawValue: 0)
        port.allocates = false
        port.controllerPort = nil
        #expect(machine.ports.first == port)
        let absent = description.parameters.filter(\.isAbsentFromFile)
        #expect(absent.allSatisfy { $0.basis == .assumption })
        #expect(absent.map(\.path).contains("coherence.protocol"))
        #expect(description["l1d.prefetch"]?.value == "none")
    }

    @Test func areByDefaultWhatTheModelSaysOfOuterCachesAndPrefetchers() throws {
        let optional = [
            "_latency_cycles: ", "    erratum_", "shared_override: ",
            "shared_override_kernel: ", "line_read_buffers: ", "double_linefill: ",
        ]
        let text = try ConfigurationFiles.text("zynq7000").split(
            separator: "\n", omittingEmptySubsequences: false
        ).filter { line in !optional.contains { line.contains($0) } }.joined(separator: "\n")
        let machine = try MachineDescription.parse(
            yaml: text, file: "m.yaml",
            overrides: [
                ("l1d.prefetch.kind", "stride"), ("memory.banks.count", "8"),
                ("memory.banks.row_bytes", "2K"), ("memory.banks.row_miss_ns", "30"),
            ]
        ).configuration
        #expect(
            machine.level2?.outer
                == OuterConfiguration(
                    storeBufferEntries: 3, storeBufferDrainCycles: 100, operationCycles: 30,
                    syncCycles: 40))
        #expect(machine.level1Data?.prefetch == PrefetchConfiguration(kind: .stride))
        #expect(
            machine.memory.banks
                == BankConfiguration(count: 8, rowBytes: 2_048, rowMiss: Ticks(nanoseconds: 30)))
    }

    @Test func takeNoneForWholeParts() throws {
        let machine = try ConfigurationFiles.machine(
            "rpi5", [("l3", "none"), ("l1d.prefetch", "none")]
        ).configuration
        #expect(machine.level3 == nil)
        #expect(machine.level1Data?.prefetch == nil)
        let zynq = try ConfigurationFiles.machine(
            "zynq7000",
            [("memory.controller_ports", "none")]
                + (0...3).map { ("ports.HP\($0).controller_port", "none") })
        #expect(zynq.configuration.memory.controllerPorts.isEmpty)
    }
}
