import Hazards
import MemoryModel
import Operations
import Quantities

/// Takes a trace's lowered operations apart into problems: one for each line, one for two lines of which one can tell
/// of the other.
///
/// Lines do not hinder one another but by what a reader learns: a device that reads a flag and then data, a core that
/// loads what a device has written last and then what it wrote before. Such pairs are searched together, all other
/// lines alone. Lines with equal operations are one problem.
struct ProofProjection {
    /// What touches a line at one step.
    struct Touch {
        var step: Int
        /// The bytes, from the start of the line.
        var bytes: UInt64
        /// The bytes that maintenance names.
        var named: UInt64
    }

    let steps: [ProofStep]
    let profile: HazardProfile
    let architecture: MachineConfiguration.Architecture
    /// The lines that anything touches, ascending: their numbers, and what touches them.
    private(set) var touches: [UInt64: [Touch]] = [:]
    let lineSize: UInt64
    /// The steps that matter to every line, by what they are.
    private var globals: [Global: [Int]] = [:]
    /// The steps directly before which addresses change.
    private var changes: [Int] = []

    /// What a step that matters to every line is.
    private struct Global: Hashable {
        var kind: ProofStep.Kind
        var agent: Agent
        var device: Agent?
    }

    init(
        _ steps: [ProofStep], profile: HazardProfile,
        architecture: MachineConfiguration.Architecture
    ) {
        self.steps = steps
        self.profile = profile
        self.architecture = architecture
        lineSize = min(profile.lineSize, 64)
        for (index, step) in steps.enumerated() {
            for range in step.ranges { touch(range, index) }
            if !step.mapsBefore.isEmpty { changes.append(index) }
            if step.isGlobal {
                let global = Global(kind: step.kind, agent: step.agent, device: step.device)
                globals[global, default: []].append(index)
            }
        }
    }

    /// The steps that some lines' problem is made of, in order.
    ///
    /// Between two steps that touch the lines, the same barrier, doorbell or operation on everything says what it says
    /// the first two times and the last. So lines in the middle of a long loop have equal problems.
    private func relevant(_ touching: [Int], _ devices: [Agent]) -> [Int] {
        var result = touching
        var low = 0
        for high in touching + [steps.count] {
            for (global, all) in globals {
                if let device = global.device, !devices.contains(device) { continue }
                let start = all.partitioningIndex { $0 >= low }
                let between = all[start..<all.partitioningIndex { $0 >= high }]
                result += between.prefix(2) + between.suffix(1)
            }
            low = high + 1
        }
        return Array(Set(result)).sorted()
    }

    private mutating func touch(_ range: ProofStep.Range, _ step: Int) {
        guard range.size > 0 else { return }
        let last = range.start &+ (range.size - 1)
        for line in range.start / lineSize...last / lineSize {
            let start = line * lineSize
            let low = max(range.start, start) - start
            let high = min(last, start + lineSize - 1) - start
            let mask = Self.ones(high + 1) & ~Self.ones(low)
            let bytes = range.isWhole ? Self.ones(lineSize) : mask
            if let place = touches[line]?.lastIndex(where: { $0.step == step }) {
                touches[line]?[place].bytes |= bytes
                touches[line]?[place].named |= mask
            } else {
                touches[line, default: []].append(Touch(step: step, bytes: bytes, named: mask))
            }
        }
    }

    private static func ones(_ count: UInt64) -> UInt64 {
        count >= 64 ? .max : (1 << count) - 1
    }

    // MARK: Which lines

    /// All that is to be searched.
    struct Problems {
        /// The problems, each once.
        var different: [ProofProblem] = []
        /// How many lines, and pairs of lines of which no two others are alike, there are.
        var groups = 0
        /// How many of them are too large.
        var tooLarge = 0
    }

    /// The problems of the lines and the pairs of lines that something can go wrong with.
    ///
    /// A line that no device touches is left out, unless it is mapped twice or maintenance can drop bytes of it. Of
    /// lines with equal problems the first two and the last stand for all in pairs: so both lines of a pair come
    /// first, where a loop works on one line after the other.
    ///
    /// - Complexity: O(lines + kinds of lines²) problems are built.
    func problems() -> Problems {
        var result = Problems()
        var kinds: [ProofProblem: [UInt64]] = [:]
        let lines = touches.keys.sorted()
        var apart: [UInt64] = []
        for line in lines where isOfInterest(line) {
            result.groups += 1
            guard let problem = problem(of: [line]) else {
                result.tooLarge += 1
                apart.append(line)
                continue
            }
            if kinds[problem] == nil { result.different.append(problem) }
            kinds[problem, default: []].append(line)
        }
        let standing = kinds.values.flatMap { $0.prefix(2) + $0.suffix(1) } + apart
        var known = Set(result.different)
        for pair in pairs(standing.uniqued().sorted()) {
            result.groups += 1
            guard let problem = problem(of: pair) else {
                result.tooLarge += 1
                continue
            }
            if known.insert(problem).inserted { result.different.append(problem) }
        }
        return result
    }

    private func isOfInterest(_ line: UInt64) -> Bool {
        touches[line, default: []].contains { touch in
            switch steps[touch.step].kind {
            case .deviceRead, .deviceWrite: true
            case .maintain(let instruction), .outer(let instruction):
                instruction.invalidates && !instruction.cleans
            default: false
            }
        } || profile.isMixedLine(line * lineSize, lineSize)
    }

    /// Pairs of which one line can tell a reader of the other.
    private func pairs(_ lines: [UInt64]) -> [[UInt64]] {
        struct Use {
            var line: UInt64
            var first: Int
            var last: Int
        }
        var result: Set<[UInt64]> = []
        for device in steps.filter({ $0.isDevice }).map(\.agent).uniqued() {
            var reads: [Use] = []
            var uses: [Use] = []
            var writes: [Use] = []
            var loads: [Use] = []
            /// What devices look for in caches: it may be older than what a core knows of.
            var looks: [Use] = []
            for line in lines {
                let all = touches[line, default: []]
                func use(_ isUse: (ProofStep) -> Bool) -> Use? {
                    let found = all.filter { isUse(steps[$0.step]) }.map(\.step)
                    guard let first = found.first, let last = found.last else { return nil }
                    return Use(line: line, first: first, last: last)
                }
                let isStored = all.contains { steps[$0.step].isStore }
                if isStored, let read = use({ $0.agent == device && $0.kind == .deviceRead }) {
                    reads.append(read)
                }
                if isStored, let any = use({ $0.agent == device && $0.isDevice }) {
                    uses.append(any)
                }
                if let write = use({ $0.agent == device && $0.kind == .deviceWrite }) {
                    writes.append(write)
                    if let load = use({ $0.isLoad }) { loads.append(load) }
                    if let look = use({ $0.kind == .deviceRead && $0.agent != device && $0.snoops })
                    {
                        looks.append(look)
                    }
                }
            }
            for flag in reads {
                for data in uses where data.line != flag.line && data.last >= flag.first {
                    result.insert([flag.line, data.line].sorted())
                }
            }
            for flag in loads {
                for data in loads + looks where data.line != flag.line && data.last > flag.first {
                    guard let given = writes.first(where: { $0.line == flag.line }),
                        let written = writes.first(where: { $0.line == data.line }),
                        written.first <= given.last
                    else { continue }
                    result.insert([flag.line, data.line].sorted())
                }
            }
        }
        return result.sorted { $0.lexicographicallyPrecedes($1) }
    }

    // MARK: Problems

    /// The problem of some lines; nil: they have too many operations, or too many kinds of bytes.
    func problem(of group: [UInt64]) -> ProofProblem? {
        var masks: [[UInt64]] = group.map { _ in [Self.ones(lineSize)] }
        var touching: [Int: [Touch?]] = [:]
        for (place, line) in group.enumerated() {
            for touch in touches[line, default: []] {
                touching[touch.step, default: Array(repeating: nil, count: group.count)][place] =
                    touch
                split(&masks[place], by: touch.bytes)
                split(&masks[place], by: touch.named)
            }
        }
        let touched = touching.values
        for place in masks.indices {
            // Bytes that nothing touches by name cannot be told from their line.
            masks[place].removeAll { mask in
                !touched.contains { ($0[place]?.named ?? 0) & mask != 0 }
            }
        }
        let devices = touching.keys.sorted().map { steps[$0] }.filter(\.isDevice).map(\.agent)
            .uniqued().sorted { $0.rawValue < $1.rawValue }
        return build(group, masks, touching, devices)
    }

    private func split(_ classes: inout [UInt64], by mask: UInt64) {
        classes = classes.flatMap { [$0 & mask, $0 & ~mask] }.filter { $0 != 0 }
    }

    private func build(
        _ group: [UInt64], _ masks: [[UInt64]], _ touching: [Int: [Touch?]], _ devices: [Agent]
    ) -> ProofProblem? {
        var nodes: [ProofNode] = []
        var effects: [MemoryEffect] = []
        var places: [Int] = []
        var ordinals = Array(repeating: UInt16(0), count: devices.count)
        var bells = Array(repeating: -1, count: devices.count)
        var barriers = (stores: 0, loads: 0)
        var previous = -1
        for index in relevant(touching.keys.sorted(), devices) {
            let step = steps[index]
            let touch = touching[index]
            if case .barrier(let barrier) = step.kind {
                barriers.stores += barrier.ordersStores ? 1 : 0
                barriers.loads += barrier.ordersLoads ? 1 : 0
            }
            guard case .some(let kind) = step.nodeKind else {
                effects.append(step.effect(over: [], of: lineSize))
                continue
            }
            var node = node(kind, index, after: previous, touch, group, masks)
            previous = index
            (node.storeBarriers, node.loadBarriers) = barriers
            if step.isDevice || step.device != nil {
                let device = devices.firstIndex(of: step.device ?? step.agent) ?? 0
                node.device = device
                node.snoops = step.snoops
                if step.isDevice {
                    ordinals[device] += 1
                    node.ordinal = ordinals[device]
                    node.bell = step.isRound ? -1 : bells[device]
                } else if kind == .ring || bells[device] >= 0 {
                    bells[device] = nodes.count
                }
            }
            places.append(effects.count)
            effects.append(
                step.effect(
                    over: group.enumerated().compactMap { place, line in
                        touch?[place].map { (line * lineSize, $0.bytes) }
                    }, of: lineSize))
            nodes.append(node)
            guard nodes.count <= ProofBounds.mostNodes else { return nil }
        }
        guard masks.allSatisfy({ $0.count <= 64 }) else { return nil }
        order(&nodes, effects, places, areThereDevices: !devices.isEmpty)
        return problem(of: group, masks, nodes, devices)
    }

    /// A step as a node, without its order.
    private func node(
        _ kind: ProofNode.Kind, _ index: Int, after previous: Int, _ touch: [Touch?]?,
        _ group: [UInt64],
        _ masks: [[UInt64]]
    ) -> ProofNode {
        let step = steps[index]
        var node = ProofNode(kind: kind, agent: step.agent, record: step.record)
        node.isKernelCopy = step.isKernelCopy
        for (place, line) in group.enumerated() {
            func classes(_ bytes: UInt64) -> UInt64 {
                masks[place].enumerated().reduce(0) {
                    $0 | ($1.element & bytes != 0 ? 1 << UInt64($1.offset) : 0)
                }
            }
            let all = isElsewhere(line, at: index) ? 0 : Self.ones(UInt64(masks[place].count))
            let isEverywhere = step.isEverywhere
            node.classes.append(isEverywhere ? all : (touch?[place]?.bytes).map(classes) ?? 0)
            node.named.append(isEverywhere ? all : (touch?[place]?.named).map(classes) ?? 0)
            // Lines that came unasked stay when their memory is not cacheable any more.
            func mayBeCached(_ map: MemoryMap) -> Bool {
                map.mayBeCached(line * lineSize, lineSize, profile)
            }
            let isCached = mayBeCached(step.map)
            let left = changes.filter { $0 > previous && $0 <= index }
            node.canFill.append(
                isCached || left.contains { steps[$0].mapsBefore.contains(where: mayBeCached) })
            node.isUncachedNow.append(!isCached && node.canFill[place])
        }
        return node
    }

    /// Whether a line is not in the caches of the core that works on all of them: another one has stored to it last.
    ///
    /// As in the may-analysis, which asks of 64 bytes together.
    private func isElsewhere(_ line: UInt64, at index: Int) -> Bool {
        guard steps[index].isEverywhere else { return false }
        let lines = 64 / lineSize
        let first = line / lines * lines
        let stores = (first..<first + lines).flatMap { touches[$0, default: []] }.map(\.step).filter
        {
            $0 < index && (steps[$0].isStore || steps[$0].kind == .deviceWrite && steps[$0].snoops)
        }
        guard let last = stores.max() else { return false }
        return steps[last].agent.isCore && steps[last].agent != steps[index].agent
    }

    private func order(
        _ nodes: inout [ProofNode], _ effects: [MemoryEffect], _ places: [Int],
        areThereDevices: Bool
    ) {
        let allSnoop = areThereDevices && nodes.allSatisfy { !$0.isDevice || $0.snoops }
        ProofOrder(
            rules: OrderRules(
                architecture, lineSize: lineSize,
                doorbells: profile.doorbellOrder == .arm64 ? .observed : .outOfBand),
            observers: allSnoop ? .innerShareable : .outerShareable,
            isInOrder: !profile.reordersAccesses, speculates: profile.speculates,
            effects: effects, places: places
        ).connect(&nodes)
    }

    private func problem(
        of group: [UInt64], _ masks: [[UInt64]], _ nodes: [ProofNode], _ devices: [Agent]
    ) -> ProofProblem {
        var problem = ProofProblem(
            lines: [], nodes: nodes, devices: devices,
            hasOuter: profile.hasOuterCache, speculates: profile.speculates)
        for (place, line) in group.enumerated() {
            problem.lines.append(
                ProofProblem.Line(
                    classes: masks[place].count, bytes: masks[place],
                    canFillAtEnd: steps.last.map {
                        $0.mapAfter.mayBeCached(line * lineSize, lineSize, profile)
                    } ?? false))
        }
        problem.addresses.lines = group.map { $0 * lineSize }
        problem.addresses.cached = group.map {
            steps.first?.map.cachedAddress(of: $0 * lineSize) ?? $0 * lineSize
        }
        return problem
    }
}

extension Array where Element: Hashable {
    /// The elements without repetition, in the order of their first.
    func uniqued() -> [Element] {
        var known: Set<Element> = []
        return filter { known.insert($0).inserted }
    }
}

extension Array {
    /// The first place of which a condition holds, if it holds of all places after the first.
    fileprivate func partitioningIndex(where holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
