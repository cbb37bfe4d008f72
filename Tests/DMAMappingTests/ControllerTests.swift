import DMAMapping
import Operations
import Quantities
import Testing

/// Every controller of an outer cache, behind the cores that it has: counts, order and what ends its operations.
@Suite struct ControllerTests {
    typealias Counts = FamilyTests.Counts
    typealias Ends = FamilyTests.Ends

    static let generations: [OuterRoutines: LoweringProfile.Architecture] = [
        .feroceon: .arm32v5, .feroceonWriteThrough: .arm32v5, .tauros2: .arm32v5, .xsc3: .arm32v5,
    ]

    static func lowering(_ controller: OuterRoutines, line: UInt64 = 32) throws -> Lowering {
        // A core without routines of its own: only the controller's are left.
        let architecture = generations[controller] ?? .arm32v7
        return Lowering(
            try Build.profile(
                architecture, "6.12", inner: architecture == .arm32v5 ? .nop : nil, outer: line,
                controller: controller))
    }

    /// A clean as a while loop over rounded-down lines.
    static func cleaned(_ ends: Ends) -> Int {
        ends.start == ends.end && ends.startsInside ? 1 : ends.touched
    }

    /// What a controller does before the device reads.
    static func clean(_ controller: OuterRoutines, _ ends: Ends) -> Counts {
        switch controller {
        case .auroraWriteThrough, .feroceonWriteThrough: Counts()
        default: Counts(outerClean: cleaned(ends))
        }
    }

    /// What a controller does before and after the device writes.
    static func invalidate(_ controller: OuterRoutines, _ ends: Ends) -> Counts {
        switch controller {
        case .aurora, .auroraWriteThrough, .uniphier: Counts(outerInvalidate: cleaned(ends))
        case .feroceon, .feroceonWriteThrough:
            Counts(outerInvalidate: ends.whole, outerBoth: once(ends))
        case .xsc3:
            Counts(outerClean: once(ends), outerInvalidate: ends.whole + once(ends))
        case .pl310Erratum588369:
            Counts(outerClean: ends.partial, outerInvalidate: ends.whole + ends.partial)
        case .l210, .l220, .pl310, .pl310WithoutSync, .tauros2:
            Counts(outerInvalidate: ends.whole, outerBoth: ends.partial)
        }
    }

    /// Partial lines, a line with both ends counted once.
    private static func once(_ ends: Ends) -> Int {
        ends.startsInside && ends.isInOneLine ? 1 : ends.partial
    }

    @Test(arguments: OuterRoutines.allCases)
    func countsAreThoseOfTheFormulas(_ controller: OuterRoutines) throws {
        let size = LoweringProfile.lineSizes.lowerBound
        let lowering = try Self.lowering(controller, line: size)
        let expectations: [(DMADirection, (OuterRoutines, Ends) -> Counts, isBack: Bool)] = [
            (.toDevice, Self.clean, false), (.bidirectional, Self.clean, false),
            (.fromDevice, Self.invalidate, false), (.fromDevice, Self.invalidate, true),
            (.bidirectional, Self.invalidate, true),
        ]
        for (direction, formula, isBack) in expectations {
            for start in 0x1000...(0x1000 + 3 * size) {
                for end in start...(0x1000 + 3 * size) {
                    var call = lowering
                    let mapped = try call.lowered(Build.map(start, end - start, direction))
                    let back = try call.lowered(DMACall(.unmapSingle, handle: Build.handle))
                    var counts = FamilyTests.counts(
                        isBack ? back : mapped, line: 32, outerLine: size)
                    // The core's own part is tested with the families.
                    (counts.clean, counts.invalidate, counts.both) = (0, 0, 0)
                    let expected = formula(
                        controller, Ends(start: start, end: end, size: size))
                    guard counts == expected else {
                        Issue.record(
                            "\(direction.name) \(start) to \(end): \(counts) for \(expected)")
                        return
                    }
                }
            }
        }
    }

    @Test(arguments: OuterRoutines.allCases)
    func nothingIsDoneAfterTheDeviceOnlyRead(_ controller: OuterRoutines) throws {
        var lowering = try Self.lowering(controller)
        _ = try lowering.lowered(Build.map(0x1000, 100, .toDevice))
        #expect(try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle)).isEmpty)
    }

    @Test func marvellsAndIntelsEndWithABarrier() throws {
        for controller in [
            OuterRoutines.feroceon, .feroceonWriteThrough, .tauros2, .xsc3,
        ] {
            var lowering = try Self.lowering(controller)
            let mapped = try lowering.lowered(Build.map(0x1000, 64, .toDevice))
            // The DSB reaches the outer cache, which the model knows as a sync.
            #expect(mapped.suffix(2) == [Short.dsb, Short.outerSync])
            #expect(try lowering.lowered(.kernelBarrier(.wmb)).isEmpty)
        }
    }

    @Test func auroraSyncsAfterEachPiece() throws {
        var lowering = try Self.lowering(.aurora)
        let mapped = try lowering.lowered(Build.map(0x1f00, 0x500, .toDevice))
        #expect(
            mapped.dropFirst(2) == [
                Short.outerClean(0x1f00, 0x100), Short.outerSync,
                Short.outerClean(0x2000, 0x400), Short.outerSync,
            ])
        // With nothing to do, nothing is waited for.
        #expect(
            try lowering.lowered(Build.map(0x2000, 0, .toDevice)).dropFirst(2).isEmpty)
    }

    @Test func pl310SyncsOnceACall() throws {
        for controller in [OuterRoutines.pl310, .pl310WithoutSync, .l210, .l220, .uniphier] {
            var lowering = try Self.lowering(controller)
            let mapped = try lowering.lowered(Build.map(0x1010, 0x1000, .fromDevice))
            #expect(mapped.filter { $0 == Short.outerSync }.count == 1)
            #expect(mapped.last == Short.outerSync)
        }
    }

    @Test func barriersDrainWhereThereIsASync() throws {
        for controller in OuterRoutines.allCases {
            var lowering = try Self.lowering(controller)
            let drains = try lowering.lowered(.kernelBarrier(.mb)).contains(Short.outerSync)
            let has: Set<OuterRoutines> = [
                .l210, .l220, .pl310, .pl310Erratum588369, .aurora, .auroraWriteThrough,
                .uniphier,
            ]
            #expect(drains == has.contains(controller), "\(controller)")
        }
    }

    @Test func theWayOutIsInnerFirstAndTheWayInOuterFirst() throws {
        var lowering = Lowering(
            try Build.profile(.arm32v6, "6.12", outer: 32, controller: .l220))
        let isOuter = { (operation: Operation) -> Bool? in
            guard case .maintenance(let maintenance) = operation else { return nil }
            return maintenance.instruction.isOuter
        }
        let mapped = try lowering.lowered(Build.map(0x1000, 64, .fromDevice))
        #expect(mapped.compactMap(isOuter) == [false, true, true])
        let unmapped = try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
        #expect(unmapped.compactMap(isOuter) == [true, true, false])
    }
}
