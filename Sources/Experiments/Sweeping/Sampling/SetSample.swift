import MemoryModel
import Quantities

/// Sets of which all accesses are counted, the same addresses in each of the caches.
///
/// A set of one cache holds lines of several sets of another. The bits of an address that choose the set in all of the
/// caches do cut all of them alike: with *b* such bits each cache falls into 2^*b* groups of sets, of which none has to do
/// with another. Groups are drawn, and dealt into units.
public struct SetSample: Hashable, Sendable {
    /// The most units: more tell hardly more of how far the estimate may be off.
    public static let mostUnits = 32
    /// The most bits of an address that are looked at.
    private static let mostBits = 16

    /// The lowest bit of an address that chooses the set in all caches: above all their lines.
    public let lowestBit: Int
    /// How many bits there are.
    public let bits: Int
    /// How many groups of sets are counted.
    public let taken: Int
    /// How many units they are dealt into.
    public let units: Int
    /// The unit of each group of sets; negative: not counted.
    let unitOfGroup: [Int16]

    /// How many groups of sets each unit has.
    let groupsOfUnit: [Int]

    /// How many groups of sets there are.
    public var groups: Int { 1 << bits }

    /// Draws a sample.
    ///
    /// - Parameters:
    ///   - machines: All machines of the sweep.
    ///   - share: One in how many sets is counted.
    ///   - seed: Which.
    /// - Throws: ``AxisFault`` where the caches have too few sets in common, or count crossing accesses in a way that
    ///   belongs to no set.
    public init(
        of machines: [PlainConfiguration], oneIn share: Int, seed: UInt64
    ) throws(AxisFault) {
        let place = "--sample-sets"
        if let machine = machines.first(where: { $0.straddle == .once || $0.straddle == .each }) {
            throw AxisFault(
                place: place, found: "--straddle \(machine.straddle.rawValue)",
                expected: "split or first: an access to two lines would belong to two samples")
        }
        let caches = machines.flatMap {
            [$0.level1Data, $0.level1Instruction, $0.level2].compactMap(\.self)
        }
        lowestBit = caches.map(\.lineSize.trailingZeroBitCount).max() ?? 0
        let end =
            caches.map { $0.lineSize.trailingZeroBitCount + $0.sets.trailingZeroBitCount }.min()
            ?? 0
        bits = min(max(end - lowestBit, 0), Self.mostBits)
        guard share >= 2 else {
            throw AxisFault(place: place, found: "1/\(share)", expected: "1/2 or less")
        }
        taken = (1 << bits) / share
        guard taken >= SweepSampling.fewestUnits else {
            throw AxisFault(
                place: place,
                found: "\(taken) of \(1 << bits) groups of sets that all caches have in common"
                    + (bits > 0 ? " (address bits \(lowestBit) to \(lowestBit + bits - 1))" : ""),
                expected: "\(SweepSampling.fewestUnits) or more: a larger share, or caches of more "
                    + "sets; --sample-intervals works with any")
        }
        units = min(taken, Self.mostUnits)
        var generator = SplitMix64(seed: seed)
        var unitOfGroup = [Int16](repeating: -1, count: 1 << bits)
        let drawn = (0..<1 << bits).shuffled(using: &generator).prefix(taken)
        for (index, group) in drawn.enumerated() { unitOfGroup[group] = Int16(index % units) }
        self.unitOfGroup = unitOfGroup
        groupsOfUnit = Self.sizes(unitOfGroup, units)
    }

    /// A sample of these groups, dealt into units.
    ///
    /// - Precondition: the groups are a power of two, and every unit has one.
    init(lowestBit: Int, unitOfGroup: [Int16]) {
        precondition(unitOfGroup.count.nonzeroBitCount == 1)
        self.lowestBit = lowestBit
        bits = unitOfGroup.count.trailingZeroBitCount
        self.unitOfGroup = unitOfGroup
        taken = unitOfGroup.count { $0 >= 0 }
        units = Int(unitOfGroup.max() ?? -1) + 1
        groupsOfUnit = Self.sizes(unitOfGroup, units)
    }

    private static func sizes(_ unitOfGroup: [Int16], _ units: Int) -> [Int] {
        var sizes = [Int](repeating: 0, count: units)
        for unit in unitOfGroup where unit >= 0 { sizes[Int(unit)] += 1 }
        return sizes
    }

    /// The unit to which an address belongs; negative: none.
    @inline(__always)
    func unit(of address: UInt64) -> Int {
        let mask = UInt64(1) &<< UInt64(bits) &- 1
        return Int(unitOfGroup[Int(truncatingIfNeeded: address &>> UInt64(lowestBit) & mask)])
    }
}
