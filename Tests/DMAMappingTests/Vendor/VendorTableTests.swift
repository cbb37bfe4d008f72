import Operations
import Quantities
import Testing

@testable import DMAMapping

/// What holds for the whole table, and what is refused.
@Suite("The table of library functions") struct VendorTableTests {
    static let places: [VendorTrace] = [
        VendorTrace(architecture: .arm32v5), VendorTrace(architecture: .arm32v6),
        VendorTrace(architecture: .arm32v7), VendorTrace(architecture: .arm32v7, outer: 32),
        VendorTrace(architecture: .arm64, line: 64), VendorTrace(architecture: .armv7m),
    ]

    private func fault(_ call: VendorCall, _ trace: VendorTrace, kernel: String = "none") throws
        -> String?
    {
        var lowering = Lowering(try trace.profile(kernel: kernel))
        do {
            _ = try lowering.lowered(.vendor(call))
            return nil
        } catch let error as LoweringError {
            return error.description
        }
    }

    /// No function is forgotten, and no row names one of another library.
    @Test func everyFunctionHasARow() {
        for function in VendorCall.Function.allCases {
            let rows = VendorRow.rows.filter { $0.functions.contains(function) }
            #expect(!rows.isEmpty, "\(function.rawValue)")
        }
        let tables: [(VendorCall.Library, [VendorRow])] = [
            (.cmsis, VendorRow.cmsis), (.xilinx, VendorRow.xilinx), (.uBoot, VendorRow.uBoot),
            (.zephyr, VendorRow.zephyr), (.nuttX, VendorRow.nuttX),
        ]
        for (library, rows) in tables {
            let others = rows.flatMap(\.functions).filter { $0.library != library }
            #expect(others.isEmpty, "\(library.rawValue): \(others)")
        }
        #expect(tables.reduce(0) { $0 + $1.1.count } == VendorRow.rows.count)
    }

    /// A function in a version on a processor is in one row.
    @Test(arguments: VendorCall.Function.allCases)
    func rowsDoNotOverlap(_ function: VendorCall.Function) throws {
        for place in Self.places {
            let profile = try place.profile()
            let spans = VendorRow.rows.filter { row in
                row.functions.contains(function) && row.targets.contains { $0.includes(profile) }
            }.map(\.versions)
            for (index, span) in spans.enumerated() {
                for other in spans[(index + 1)...] { #expect(!span.overlaps(other)) }
            }
            // The newest goes on, and there is no gap below it.
            guard let first = spans.map(\.lowerBound).min() else { continue }
            let ends = Set(spans.map(\.upperBound)).subtracting([.unbounded])
            #expect(spans.contains { $0.upperBound == .unbounded })
            #expect(ends == Set(spans.map(\.lowerBound)).subtracting([first]))
        }
    }

    /// Which functions there are where.
    @Test func targets() throws {
        func names(_ trace: VendorTrace) throws -> Set<String> {
            Set(
                try VendorCall.Function.allCases.filter {
                    try fault(VendorCall($0, at: Operand(0x1000), bytes: 64), trace) == nil
                }.map(\.rawValue))
        }
        func names(_ libraries: VendorCall.Library...) -> Set<String> {
            Set(
                VendorCall.Function.allCases.filter { libraries.contains($0.library) }
                    .map(\.rawValue))
        }
        // What takes no operands is given some here, which makes no difference to lowering.
        #expect(try names(Self.places[0]) == names(.uBoot))
        #expect(try names(Self.places[2]) == names(.uBoot, .zephyr))
        #expect(try names(Self.places[3]) == names(.uBoot, .zephyr, .xilinx))
        let both: Set<String> = [
            "Xil_DCacheFlush", "Xil_DCacheInvalidate", "Xil_DCacheFlushRange",
            "Xil_DCacheInvalidateRange", "Xil_DCacheFlushLine", "Xil_DCacheInvalidateLine",
        ]
        #expect(try names(Self.places[4]) == names(.uBoot, .zephyr, .nuttX).union(both))
        #expect(try names(Self.places[5]) == names(.cmsis, .uBoot, .zephyr, .nuttX))
    }

    @Test func whatIsWrongIsNamedWithAWayOut() throws {
        let m7 = VendorTrace(architecture: .armv7m)
        let call = VendorCall(.cleanByAddress, at: Operand(0x1000), bytes: 64)
        #expect(
            try fault(call, m7, kernel: "6.12")
                == "SCB_CleanDCache_by_Addr: a function of CMSIS, with kernel 6.12, "
                + "expected `kernel none`, for bare metal")
        #expect(
            try fault(call, Self.places[3])
                == "SCB_CleanDCache_by_Addr: CMSIS is not known to have it on armv7 with an outer "
                + "cache, expected a processor on which it is: armv7m")
        #expect(
            try fault(VendorCall(.xilFlushRange, at: Operand(0), bytes: 4), Self.places[2])
                == "Xil_DCacheFlushRange: Xilinx standalone is not known to have it on armv7, "
                + "expected a processor on which it is: armv7 with an outer cache, arm64")
        #expect(
            try fault(
                VendorCall(.xilFlush, version: LibraryVersion(5, 0)), Self.places[3])
                == "Xil_DCacheFlush: not known in Xilinx standalone 5.0, expected a version from 5.1 on"
        )
        #expect(
            try fault(VendorCall(.upClean, at: Operand(.max - 8), bytes: 4), m7)
                == "up_clean_dcache: 4 bytes from 0xfffffffffffffff7 reach the end of the address "
                + "space, expected a range that ends a page before it")
        #expect(
            try fault(VendorCall(.upClean, at: Operand(.max - 8), bytes: .max), m7)?.contains(
                "reach the end") == true)
        #expect(
            try fault(VendorCall(.flushRange, at: Operand(0), bytes: 1 << 30), m7)
                == "flush_dcache_range: a loop of more than 262144 steps over 1073741824 bytes, "
                + "expected a shorter range: the number of its bytes, where C takes its end")
    }

    /// A range of a whole gigabyte is one operation where nothing stands between its lines.
    @Test func longRangesAreOneOperation() throws {
        let call = VendorCall(.sysFlushRange, at: Operand(0), bytes: 1 << 30)
        var lowering = Lowering(try Self.places[4].profile())
        #expect(try lowering.lowered(.vendor(call)) == [Short.clean(0, 1 << 30), Short.dsb])
    }

    @Test func devicesDoNotCall() throws {
        var lowering = Lowering(try VendorTrace(architecture: .armv7m).profile())
        var output: [Operation] = []
        #expect(throws: LoweringError.notACore("SCB_CleanDCache", .device(0))) {
            try lowering.lower(
                .vendor(VendorCall(.cleanDCache)), agent: .device(0), into: &output)
        }
        #expect(output.isEmpty)
    }

    /// Outer caches are told the very address: these libraries translate none, whatever is mapped where.
    @Test func addressesAreNotTranslated() throws {
        var map = MemoryMap()
        map.insert(
            MemoryMapping(
                start: 0x8000, end: 0x9000, physical: 0x1000, type: .writeBack,
                shareability: .innerShareable))
        var lowering = Lowering(try Self.places[3].profile(), memoryMap: map)
        let call = VendorCall(.xilL2FlushLine, at: Operand(0x8000))
        #expect(
            try lowering.lowered(.vendor(call)).first
                == .maintenance(Maintenance(.outerCleanAndInvalidate, at: Operand(0x8000))))
    }

    /// Every step has words, which differ where the steps do.
    @Test func stepsHaveWords() throws {
        let profile = try Self.places[3].profile()
        func words(_ function: VendorCall.Function, _ bytes: UInt64 = 64) throws -> [String] {
            try Lowering.describe(
                VendorCall(function, at: Operand(0x1008), bytes: bytes), profile: profile)
        }
        #expect(
            try words(.xilInvalidateRange) == [
                "the core's caches, dsb, the outer cache, cache sync, cache sync: clean and "
                    + "invalidate lines covered in part, every 32 bytes",
                "the outer cache, cache sync: invalidate whole lines of the range, every 32 bytes",
                "the core's caches: invalidate whole lines of the range, every 32 bytes", "dsb",
            ])
        #expect(try words(.xilInvalidateRange, 0).isEmpty)
        #expect(
            try words(.invalidateRange) == [
                "dsb", "dmb, the outer cache: invalidate whole lines of the range, every 32 bytes",
                "dmb", "cache sync",
            ])
        #expect(
            try words(.sysInvalidateRange) == [
                "the core's caches, dmb: clean and invalidate lines covered in part, "
                    + "invalidate whole lines of the range, every 1/2 of a line"
            ])
        #expect(
            try words(.xilFlush) == [
                "the core's caches: clean and invalidate every set and way of level 1", "dsb",
                "the outer cache: clean and invalidate all ways", "cache sync", "dsb",
            ])
    }
}
