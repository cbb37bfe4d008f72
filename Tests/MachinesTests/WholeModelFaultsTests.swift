import Testing

@testable import Machines

@Suite("Faults of keys that a file may leave out")
struct WholeModelFaultsTests {
    private func faults(
        _ key: String, _ value: String, of machine: String = "zynq7000"
    ) throws -> [String] {
        ConfigurationFiles.faults(try ConfigurationFiles.text(machine), [(key, value)])
            .map { "\($0.path): \($0.found), expected \($0.expected)" }
    }

    @Test(arguments: [
        ("l1d.index", "virtual", "one of pipt, vipt, vivt"),
        (
            "l1d.replacement", "mru",
            "one of lru, fifo, round_robin, random, plru, bit_plru, nru, srrip"
        ),
        ("l1d.dirty_granule", "12", "a power of two from 1 to 512 bytes, or none"),
        ("l1d.dirty_granule", "4", "half or a quarter of the line (32 bytes)"),
        ("l1d.locked_ways", "4", "0 to ways - 1 (3)"),
        ("l1d.critical_word_first", "yes", "true or false"),
        (
            "store_buffer.drained_by", "nc_load nc_load",
            "some of nc_load, device_load, device_store, maintenance, with spaces between, or none"
        ),
        ("store_buffer.high_water", "5", "1 to store_buffer.entries (4)"),
        ("coherence.protocol", "msi", "one of mesi, moesi"),
        ("l2.private", "true", "false for an outer cache"),
        ("l2.inclusion", "strict", "one of none, inclusive, exclusive, victim"),
        (
            "ports.HP0.sizes", "64 16",
            "sizes from 1 to 4096 bytes, ascending, with spaces between, or any"
        ),
        ("ports.HP0.controller_port", "C", "one of A, B"),
        ("ports.ACP.snoop_rule", "acp", "one of always, acp_a9, cacheable, shareable"),
        ("memory.banks", "8", "one of none"),
    ])
    func areToldWithWhatMayStandThere(_ key: String, _ value: String, _ expected: String) throws {
        #expect(try faults(key, value) == ["\(key): '\(value)', expected \(expected)"])
    }

    /// Of keys that do not go together the one is named that was set last on the command line.
    @Test(arguments: [
        (
            [("store_buffer.entry_bytes", "64")],
            "store_buffer.entry_bytes: '64', expected at most l1d.line (32 bytes)"
        ),
        (
            [("l1d.line", "4")],
            "l1d.line: '4', expected what goes with store_buffer.entry_bytes 8: at most l1d.line (4 bytes)"
        ),
        (
            [("l2.inclusion", "exclusive"), ("l2.outer.double_linefill", "true")],
            "l2.outer.double_linefill: 'true', expected false where l2.inclusion is exclusive or victim: "
                + "the second line may be in l1d"
        ),
        (
            [("l2.outer.double_linefill", "true"), ("l2.inclusion", "exclusive")],
            "l2.inclusion: 'exclusive', expected what goes with l2.outer.double_linefill true: false where "
                + "l2.inclusion is exclusive or victim: the second line may be in l1d"
        ),
    ])
    func nameWhatWasSetLast(_ overrides: [(String, String)], _ expected: String) throws {
        let faults = ConfigurationFiles.faults(
            try ConfigurationFiles.text("zynq7000"), overrides.map { (key: $0.0, value: $0.1) })
        #expect(faults.map { "\($0.path): \($0.found), expected \($0.expected)" } == [expected])
        let last = try #require(overrides.last)
        #expect(faults.map(\.file) == ["--set \(last.0)=\(last.1)"])
    }

    @Test func areLocatedInTheFileAllAtOnce() throws {
        let text = try ConfigurationFiles.zynq([
            ("    - name: B\n", "    - name: A\n"),
            ("  migrates_dirty: {value: true", "  migrates_dirty: {value: maybe"),
            ("    tag_latency_cycles:", "    tag_latency_cycle:"),
            (
                "  prefetch: {value: none, basis: manual",
                "  prefetch: {kind: {value: sride, basis: manual, source: x}, depth: 1} #"
            ),
        ])
        let faults = ConfigurationFiles.faults(text)
        #expect(
            faults.map(\.path) == [
                "l1d.prefetch.kind", "l1d.prefetch.depth", "coherence.migrates_dirty",
                "l2.outer.tag_latency_cycle", "memory.controller_ports.A",
            ])
        #expect(faults.map(\.line) == faults.map(\.line).sorted())
        #expect(faults.allSatisfy { $0.line > 0 })
        #expect(faults[3].hint == "did you mean tag_latency_cycles?")
        #expect(faults[4].found == "controller port 'A' again")
    }

    @Test func nameWhatAPartNeeds() throws {
        let text = try ConfigurationFiles.text("rpi3")
        let missing = ConfigurationFiles.faults(text, [("l3.kind", "integrated")])
        #expect(
            missing.map(\.path) == [
                "l3.size", "l3.ways", "l3.line", "l3.replacement", "l3.hit_cycles",
                "l3.miss_cycles", "l3.read_allocate", "l3.write_allocate",
            ])
        #expect(try faults("l1d.prefetch.streams", "2", of: "am335x").count == 1)
        #expect(
            try faults("memory.banks.refresh_ns", "9", of: "am5728").map { $0.prefix(13) }
                == Array(repeating: "memory.banks.", count: 3))
    }

    @Test func memoryOnTheChipIsApartAndOnAPortThatIsThere() throws {
        let port = try faults("memory.on_chip.DTCM.port", "AHBS", of: "stm32h743")
        #expect(port.count == 1)
        #expect(
            port.first?.hasPrefix("memory.on_chip.DTCM.port: 'AHBS', expected none, or") == true)
        func overlaps(below size: String) throws -> [String] {
            let number = ", basis: assumption, source: \"a test\"}"
            let second = """
                  on_chip:
                    - name: LOW
                      start: {value: 0xFFFB0000\(number)
                      size: {value: \(size)\(number)
                      latency_ns: {value: 5\(number)
                      bandwidth_mbps: {value: 1000\(number)
                """
            return ConfigurationFiles.faults(
                try ConfigurationFiles.zynq([("  on_chip:", second)])
            ).map { "\($0.path): \($0.expected)" }
        }
        #expect(try overlaps(below: "64K").isEmpty)
        #expect(
            try overlaps(below: "65K") == [
                "memory.on_chip.OCM.start: an address behind memory.on_chip.LOW"
            ])
    }

    @Test func areHeldAgainstOtherParts() throws {
        #expect(try faults("l1d.index", "vivt").map { $0.prefix(16) } == ["l1d.index: 'vivt"])
        #expect(try faults("l1d.prefetch.page_bytes", "16", of: "rpi3").count == 1)
        let text = try ConfigurationFiles.text("rpi5")
        #expect(ConfigurationFiles.faults(text, [("l2.kind", "none")]).isEmpty)
        let faults = ConfigurationFiles.faults(text, [("l2.kind", "none"), ("l3.line", "32")])
        #expect(faults.map(\.path) == ["l3.line"])
        #expect(faults.map(\.file) == ["--set l3.line=32"])
        #expect(
            try self.faults("l2.outer.double_linefill", "true", of: "imx6q").isEmpty
                && self.faults("core.tlb.micro_entries", "65", of: "kirkwood").count == 1)
    }
}
