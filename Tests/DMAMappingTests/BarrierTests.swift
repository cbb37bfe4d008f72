import DMAMapping
import Operations
import Quantities
import Testing

/// The kernel's barriers and accessors, each in the assembler's words.
@Suite struct BarrierTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var architecture: LoweringProfile.Architecture
        var kernel: String
        var outer: UInt64?
        var barriers: [(KernelBarrier, String)]
        var writel: String
        var readl: String

        var testDescription: String { name }
    }

    static let names: [KernelBarrier] = [
        .mb, .rmb, .wmb, .dmaMb, .dmaRmb, .dmaWmb, .smpMb, .smpRmb, .smpWmb,
    ]

    static func row(
        _ name: String, _ architecture: LoweringProfile.Architecture, _ kernel: String,
        outer: UInt64? = nil, _ barriers: [String], writel: String, readl: String
    ) -> Row {
        Row(
            name: name, architecture: architecture, kernel: kernel, outer: outer,
            barriers: Array(zip(names, barriers)), writel: writel, readl: readl)
    }

    static let rows = [
        row(
            "arm64", .arm64, "6.12",
            [
                "dsb sy", "dsb ld", "dsb st", "dmb osh", "dmb oshld", "dmb oshst", "dmb ish",
                "dmb ishld", "dmb ishst",
            ], writel: "dmb oshst, ring", readl: "ld, dmb oshld"),
        row(
            "v7", .arm32v7, "6.12",
            [
                "dsb sy", "dsb sy", "dsb st", "dsb sy", "dmb osh", "dmb oshst", "dmb ish",
                "dmb ish", "dmb ishst",
            ], writel: "dsb st, ring", readl: "ld, dsb sy"),
        row(
            "v7 with PL310", .arm32v7, "6.12", outer: 32,
            [
                "dsb sy, l2 sync", "dsb sy", "dsb st, l2 sync", "dsb sy, l2 sync", "dmb osh",
                "dmb oshst", "dmb ish", "dmb ish", "dmb ishst",
            ], writel: "dsb st, l2 sync, ring", readl: "ld, dsb sy"),
        row(
            "v7-M under Linux", .armv7m, "6.12",
            ["dsb sy", "dsb sy", "dsb st", "dsb sy", "dmb osh", "dmb oshst", "", "", ""],
            writel: "dsb st, ring", readl: "ld, dsb sy"),
        row(
            "v6", .arm32v6, "6.12", outer: 32,
            [
                "dsb sy, l2 sync", "dsb sy", "dsb sy, l2 sync", "dsb sy, l2 sync", "dmb sy",
                "dmb sy", "", "", "",
            ], writel: "dsb sy, l2 sync, ring", readl: "ld, dsb sy"),
        row(
            "v5", .arm32v5, "6.12", ["", "", "", "", "", "", "", "", ""], writel: "ring",
            readl: "ld"),
        row(
            "arm64 before 5.0", .arm64, "4.19",
            [
                "dsb sy", "dsb ld", "dsb st", "dmb osh", "dmb oshld", "dmb oshst", "dmb ish",
                "dmb ishld", "dmb ishst",
            ], writel: "dsb st, ring", readl: "ld, dsb ld"),
        row(
            "bare metal", .armv7m, "none",
            [
                "dsb sy", "dsb sy", "dsb sy", "dmb sy", "dmb sy", "dmb sy", "dmb sy", "dmb sy",
                "dmb sy",
            ], writel: "ring", readl: "ld"),
    ]

    @Test(arguments: rows) func barriers(_ row: Row) throws {
        var lowering = Lowering(
            try Build.profile(row.architecture, row.kernel, outer: row.outer))
        for (barrier, expected) in row.barriers {
            let lowered = try lowering.lowered(.kernelBarrier(barrier))
            #expect(Self.words(lowered) == expected, "\(barrier.rawValue)")
        }
    }

    @Test(arguments: rows) func accessors(_ row: Row) throws {
        var lowering = Lowering(
            try Build.profile(row.architecture, row.kernel, outer: row.outer))
        for (function, expected) in [
            (Accessor.Function.writel, row.writel), (.writelRelaxed, "ring"),
            (.readl, row.readl), (.readlRelaxed, "ld"),
        ] {
            let accessor = Accessor(function, of: Build.device, at: Operand(0x4000_0010))
            let lowered = try lowering.lowered(.accessor(accessor))
            #expect(Self.words(lowered) == expected, "\(function.rawValue)")
        }
    }

    @Test func barriersCanLeaveTheOuterCacheAlone() throws {
        let profile = try LoweringProfile(
            architecture: .arm32v7, kernel: .linux(KernelVersion(6, 12)), innerLineSize: 32,
            outer: LoweringProfile.Outer(.pl310WithoutSync))
        var lowering = Lowering(profile)
        #expect(Self.words(try lowering.lowered(.kernelBarrier(.wmb))) == "dsb st")
        // Range operations end with a cache sync all the same.
        let mapped = try lowering.lowered(Build.map(0, 32, .toDevice))
        #expect(mapped.last == Short.outerSync)
    }

    /// Before 2.6.35 accessors drained nothing.
    @Test func oldAccessorsAreBare() throws {
        for architecture: LoweringProfile.Architecture in [.arm32v5, .arm32v6, .arm32v7] {
            var lowering = Lowering(try Build.profile(architecture, "2.6.34", outer: 32))
            let accessor = Accessor(.writel, of: Build.device, at: Operand(0x4000_0010))
            #expect(Self.words(try lowering.lowered(.accessor(accessor))) == "ring")
            let barrier = architecture == .arm32v7 ? "dmb sy" : ""
            #expect(Self.words(try lowering.lowered(.kernelBarrier(.wmb))) == barrier)
        }
        var later = Lowering(try Build.profile(.arm32v7, "2.6.35", outer: 32))
        #expect(Self.words(try later.lowered(.kernelBarrier(.wmb))) == "dsb sy, l2 sync")
    }

    @Test func whatDoesNotExistYetIsRefused() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "3.10"))
        #expect(Self.words(try lowering.lowered(.kernelBarrier(.wmb))) == "dsb sy")
        #expect(
            throws: LoweringError.notLowered(
                "dma_wmb", .arm32v7, .linux(KernelVersion(3, 10)),
                known: "from 3.19 to before 7.2")
        ) { try lowering.lowered(.kernelBarrier(.dmaWmb)) }
    }

    @Test func aReadLoadsTheRegister() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        let register = Operand(0x4000_0010, symbol: SymbolID(rawValue: 5))
        let accessor = Accessor(.readlRelaxed, of: Build.device, at: register, value: 3)
        #expect(
            try lowering.lowered(.accessor(accessor)) == [
                .access(
                    MemoryAccess(.load, at: 0x4000_0010, size: 4), symbol: register.symbol,
                    value: 3)
            ])
    }

    static func words(_ operations: [Operation]) -> String {
        operations.map { operation in
            switch operation {
            case .barrier(let barrier): words(barrier)
            case .maintenance(let maintenance):
                maintenance.instruction == .outerSync ? "l2 sync" : "?"
            case .ring(Build.device): "ring"
            case .access(let access, _, _): access.kind == .load ? "ld" : "st"
            default: "?"
            }
        }.joined(separator: ", ")
    }

    static func words(_ barrier: Barrier) -> String {
        let domain =
            switch barrier.domain {
            case .fullSystem: ""
            case .outerShareable: "osh"
            case .innerShareable: "ish"
            case .nonShareable: "nsh"
            }
        let accesses =
            switch barrier.accesses {
            case .all: ""
            case .stores: "st"
            case .loads: "ld"
            }
        let option = domain + accesses
        return (barrier.instruction == .dsb ? "dsb " : "dmb ") + (option.isEmpty ? "sy" : option)
    }
}
