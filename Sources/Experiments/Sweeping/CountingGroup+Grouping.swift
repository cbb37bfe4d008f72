import MemoryModel

// Which counting machines share a pass. With LRU, caches of one line size do; a second level does where the first is the
// same. What a StackCounter cannot say runs alone: FIFO, stores that keep the order, victims' caches.

extension CountingGroup {
    /// The most places of one counter's stacks: 144 MiB.
    private static let mostPlaces = 1 << 24

    private typealias Member = (number: UInt64, machine: PlainConfiguration)

    /// What points of one pass have in common.
    private enum Kinship: Hashable {
        case lines(data: Int, instruction: Int?)
        case level1(data: CacheConfiguration, instruction: CacheConfiguration?)
        case alone(UInt64)
    }

    /// Puts counting machines into groups.
    ///
    /// - Parameters:
    ///   - machines: Each with its point's number; they can be built.
    ///   - hasGaps: Whether pieces of the trace are missing.
    /// - Returns: what makes each group, in the order of their first points.
    static func makers(
        _ machines: [(number: UInt64, machine: PlainConfiguration)], hasGaps: Bool = false
    ) -> [@Sendable () -> any SweepGroup] {
        var order: [Kinship] = []
        var members: [Kinship: [Member]] = [:]
        for member in machines {
            let kinship = kinship(of: member)
            if members[kinship, default: []].isEmpty { order.append(kinship) }
            members[kinship, default: []].append(member)
        }
        return order.flatMap { kinship -> [@Sendable () -> any SweepGroup] in
            let members = members[kinship] ?? []
            switch kinship {
            case .lines:
                return split(members, \.level1Data).map { part in { ofLines(part, hasGaps) } }
            case .level1:
                return split(members) { $0.level2 ?? $0.level1Data }.map { part in
                    { ofLevel1(part, hasGaps) }
                }
            case .alone: return members.map { member in { alone(member) } }
            }
        }
    }

    private static func kinship(of member: Member) -> Kinship {
        let machine = member.machine
        let caches = [machine.level1Data, machine.level1Instruction, machine.level2]
            .compactMap(\.self)
        guard !machine.storesKeepOrder, machine.inclusion == .none,
            caches.allSatisfy({ $0.replacement == .lru && $0.ways <= StackCounter.mostWays })
        else { return .alone(member.number) }
        guard machine.level2 != nil else {
            return .lines(
                data: machine.level1Data.lineSize,
                instruction: machine.level1Instruction?.lineSize)
        }
        return .level1(data: machine.level1Data, instruction: machine.level1Instruction)
    }

    /// Splits members so that the stacks of each part are not too many: sets of one number stay together.
    private static func split(
        _ members: [Member], _ cache: (PlainConfiguration) -> CacheConfiguration
    ) -> [[Member]] {
        let bySets = Dictionary(grouping: members) { cache($0.machine).sets }
        var parts: [(members: [Member], sets: Int, ways: Int)] = []
        for (sets, members) in bySets.sorted(by: { $0.key < $1.key }) {
            let ways = members.map { cache($0.machine).ways }.max() ?? 1
            if let last = parts.last,
                (last.sets + Int(sets)) * max(last.ways, ways) <= mostPlaces
            {
                parts[parts.count - 1] = (
                    last.members + members, last.sets + Int(sets), max(last.ways, ways)
                )
            } else {
                parts.append((members, Int(sets), ways))
            }
        }
        return parts.map { $0.members.sorted { $0.number < $1.number } }
    }

    /// Stacks for caches of one line size.
    private static func stacks(
        _ caches: [CacheConfiguration], _ side: StackCounter.Side, _ straddle: StraddleRule,
        _ hasGaps: Bool
    ) -> (box: StackBox, lines: Int) {
        let sets = Set(caches.map(\.sets))
        let ways = caches.map(\.ways).max() ?? 1
        let counter = StackCounter(
            setCounts: Array(sets), ways: ways, lineSize: caches.first?.lineSize ?? 64, side: side,
            straddle: straddle, hasGaps: hasGaps)
        return (StackBox(counter), Int(sets.reduce(0, +)) * ways)
    }

    /// All members differ in their first level alone, and have one line size.
    private static func ofLines(_ members: [Member], _ hasGaps: Bool) -> CountingGroup {
        let straddle = members[0].machine.straddle
        let data = stacks(members.map(\.machine.level1Data), .data, straddle, hasGaps)
        var parts = [Part.stacks(data.box)]
        var lines = data.lines
        let fetched = members.compactMap(\.machine.level1Instruction)
        var fetches: StackBox?
        if !fetched.isEmpty {
            let instruction = stacks(fetched, .instruction, straddle, hasGaps)
            fetches = instruction.box
            parts.append(.stacks(instruction.box))
            lines += instruction.lines
        }
        return CountingGroup(
            parts, lines: lines,
            points: members.map { number, machine in
                Point(
                    number: number,
                    counts: { isEnd in
                        SweptCounts(
                            records: 0, level1Data: data.box.counts(of: machine.level1Data, isEnd),
                            level1Instruction: machine.level1Instruction.flatMap {
                                fetches?.counts(of: $0, isEnd)
                            })
                    },
                    bounds: {
                        SweptBounds(
                            level1Data: data.box.bounds(of: machine.level1Data),
                            level1Instruction: machine.level1Instruction.flatMap {
                                fetches?.bounds(of: $0)
                            })
                    })
            })
    }

    /// All members have one first level, and differ in their second.
    private static func ofLevel1(_ members: [Member], _ hasGaps: Bool) -> CountingGroup {
        var first = members[0].machine
        first.level2 = nil
        let box = HierarchyBox(built: first, recordsRequests: true)
        var lines = Int(first.level1Data.sets) * first.level1Data.ways
        var below: [Int: StackBox] = [:]
        let seconds = Dictionary(grouping: members.compactMap(\.machine.level2), by: \.lineSize)
        for (size, caches) in seconds {
            let second = stacks(caches, .unified, .once, hasGaps)
            below[size] = second.box
            lines += second.lines
        }
        let stacks = below.sorted { $0.key < $1.key }.map(\.value)
        // The machine of level 1 does not know what it does not know; stacks beside it do.
        let doubt = hasGaps ? ofLines([(0, first)], true) : nil
        return CountingGroup(
            [.level1(box, below: stacks)] + (doubt?.parts ?? []), lines: lines,
            points: members.map { [below] number, machine in
                Point(
                    number: number,
                    counts: { isEnd in
                        let counts = box.hierarchy.counts(withDirty: isEnd)
                        return SweptCounts(
                            records: 0, level1Data: counts.data,
                            level1Instruction: counts.instruction,
                            level2: machine.level2.flatMap {
                                below[$0.lineSize]?.counts(of: $0, isEnd)
                            })
                    },
                    bounds: {
                        var bounds = doubt?.points.first?.bounds() ?? SweptBounds()
                        bounds.level2 = machine.level2.flatMap {
                            below[$0.lineSize]?.bounds(of: $0)
                        }
                        return bounds
                    })
            })
    }

    private static func alone(_ member: Member) -> CountingGroup {
        let box = HierarchyBox(built: member.machine, recordsRequests: false)
        let caches = [
            member.machine.level1Data, member.machine.level1Instruction, member.machine.level2,
        ].compactMap(\.self)
        return CountingGroup(
            [.alone(box)], lines: caches.reduce(0) { $0 + Int($1.sets) * $1.ways },
            points: [
                Point(
                    number: member.number,
                    counts: { isEnd in
                        let counts = box.hierarchy.counts(withDirty: isEnd)
                        return SweptCounts(
                            records: 0, level1Data: counts.data,
                            level1Instruction: counts.instruction, level2: counts.level2)
                    })
            ])
    }
}

extension HierarchyBox {
    /// A machine that was found to be possible when the sweep was planned.
    fileprivate convenience init(built machine: PlainConfiguration, recordsRequests: Bool) {
        do { self.init(try PlainHierarchy(machine, recordsRequests: recordsRequests)) } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension StackBox {
    /// What one of the counter's caches has counted.
    fileprivate func counts(of cache: CacheConfiguration, _ isEnd: Bool) -> PlainCounts {
        counter.counts(sets: cache.sets, ways: cache.ways, withDirty: isEnd)
    }

    /// How often one of the counter's caches has missed at least and at most.
    fileprivate func bounds(of cache: CacheConfiguration) -> PlainMissBounds? {
        counter.missBounds(sets: cache.sets, ways: cache.ways)
    }
}
