import DMAMapping
import Operations
import Quantities
import Testing

/// Every row of the streaming table, in both directions of the hand-over, for a range of whole lines.
///
/// The range is 0x1000 ..< 0x1100: eight lines of 32 bytes, four of 64.
@Suite struct StreamingTests {
    static let start: UInt64 = 0x1000
    static let size: UInt64 = 0x100

    /// What a profile does on the way out and on the way back.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var architecture: LoweringProfile.Architecture
        var kernel: String
        var line: UInt64
        var outer: UInt64?
        var direction: DMADirection
        var forDevice: [Operation]
        var forCPU: [Operation]

        var testDescription: String { "\(name) \(direction.name)" }
    }

    static func rows(
        _ name: String, _ architecture: LoweringProfile.Architecture, _ kernel: String,
        line: UInt64, outer: UInt64? = nil, to: [Operation], bidirectional: [Operation],
        from: [Operation], back: [Operation]
    ) -> [Case] {
        [
            (DMADirection.toDevice, to, []), (.bidirectional, bidirectional, back),
            (.fromDevice, from, back),
        ].map {
            Case(
                name: name, architecture: architecture, kernel: kernel, line: line, outer: outer,
                direction: $0.0, forDevice: $0.1, forCPU: $0.2)
        }
    }

    static let clean32 = [Short.clean(start, size), Short.dsbStores]
    static let invalidate32 = [Short.invalidate(start, size), Short.dsbStores]
    static let clean64 = [Short.clean(start, size), Short.dsb]
    static let invalidate64 = [Short.invalidate(start, size), Short.dsb]
    static let outerClean = [Short.outerClean(start, size), Short.outerSync]
    static let outerInvalidate = [Short.outerInvalidate(start, size), Short.outerSync]

    static let cases: [Case] =
        rows(
            "v7", .arm32v7, "6.12", line: 64, to: clean32, bidirectional: clean32,
            from: invalidate32, back: invalidate32)
        + rows(
            "v7 with PL310", .arm32v7, "6.12", line: 32, outer: 32, to: clean32 + outerClean,
            bidirectional: clean32 + outerClean, from: invalidate32 + outerInvalidate,
            back: outerInvalidate + invalidate32)
        + rows(
            "v7 of 3.10", .arm32v7, "3.10", line: 64, to: clean64, bidirectional: clean64,
            from: invalidate64, back: invalidate64)
        + rows(
            "v7-M", .armv7m, "6.12", line: 32, to: clean32, bidirectional: clean32,
            from: invalidate32, back: invalidate32)
        + ["5.4", "5.10", "5.15.49", "5.18", "5.18.5"].flatMap {
            rows(
                "arm64 \($0)", .arm64, $0, line: 64, to: clean64, bidirectional: clean64,
                from: invalidate64, back: invalidate64)
        }
        + ["5.4.201", "5.10.125", "5.15.50", "5.18.6", "5.19", "6.12", "6.18"].flatMap {
            rows(
                "arm64 \($0)", .arm64, $0, line: 64, to: clean64, bidirectional: clean64,
                from: clean64, back: invalidate64)
        }

    @Test(arguments: cases) func mapAndUnmap(_ row: Case) throws {
        for (map, unmap) in [
            (DMACall.Function.mapSingle, DMACall.Function.unmapSingle), (.mapPage, .unmapPage),
        ] {
            var lowering = try Self.lowering(row)
            let mapped = try lowering.lowered(
                Build.map(Self.start, Self.size, row.direction, map))
            #expect(mapped == row.forDevice)
            #expect(lowering.liveMappings.count == 1)
            let unmapped = try lowering.lowered(DMACall(unmap, handle: Build.handle))
            #expect(unmapped == row.forCPU)
            #expect(lowering.liveMappings.isEmpty)
        }
    }

    @Test(arguments: cases) func syncBothWays(_ row: Case) throws {
        var lowering = try Self.lowering(row)
        _ = try lowering.lowered(Build.map(Self.start, Self.size, row.direction))
        let back = try lowering.lowered(DMACall(.syncSingleForCPU, handle: Build.handle))
        #expect(back == row.forCPU)
        let out = try lowering.lowered(DMACall(.syncSingleForDevice, handle: Build.handle))
        #expect(out == row.forDevice)
    }

    @Test(arguments: cases) func coherentDevicesNeedNothing(_ row: Case) throws {
        var lowering = try Self.lowering(row)
        lowering.coherentDevices = [Build.device]
        #expect(try lowering.lowered(Build.map(Self.start, Self.size, row.direction)).isEmpty)
        for function: DMACall.Function in [
            .syncSingleForCPU, .syncSingleForDevice, .unmapSingle,
        ] {
            #expect(try lowering.lowered(DMACall(function, handle: Build.handle)).isEmpty)
        }
    }

    @Test(arguments: cases) func skipCPUSyncIsPerCallAndNotForSyncs(_ row: Case) throws {
        var lowering = try Self.lowering(row)
        let map = Build.map(Self.start, Self.size, row.direction, attributes: .skipCPUSync)
        #expect(try lowering.lowered(map).isEmpty)
        for attributes: DMAAttributes in [[], .skipCPUSync] {
            let sync = DMACall(
                .syncSingleForDevice, handle: Build.handle, attributes: attributes)
            #expect(try lowering.lowered(sync) == row.forDevice)
        }
        // The map's attribute says nothing about the unmap.
        let unmapped = try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
        #expect(unmapped == row.forCPU)
        let skipped = DMACall(.unmapSingle, handle: Build.handle, attributes: .skipCPUSync)
        #expect(try lowering.lowered(skipped).isEmpty)
    }

    @Test(arguments: cases) func describeSaysWhatIsDone(_ row: Case) throws {
        let profile = try Self.lowering(row).profile
        for (function, expected) in [
            (DMACall.Function.mapSingle, row.forDevice), (.unmapSingle, row.forCPU),
        ] {
            let steps = try Lowering.describe(
                function, direction: row.direction, isCoherent: false, profile: profile)
            // Each step on whole lines is one range and one barrier or cache sync.
            #expect(steps.count * 2 == expected.count)
        }
    }

    static func lowering(_ row: Case) throws -> Lowering {
        Lowering(
            try Build.profile(row.architecture, row.kernel, line: row.line, outer: row.outer))
    }
}
