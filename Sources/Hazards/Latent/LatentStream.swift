import Operations
import Quantities

/// The may-analysis, fed with lowered operations as they are performed.
///
/// Most of it looks back alone. What looks ahead is when a device acts: at its doorbell, or at the last completion seen, it
/// may do all that the trace has it do up to the next. So steps wait for as long as a device that was rung has
/// operations to come, up to its next doorbell or completion, and no longer: decision 0017.
public struct LatentStream {
    /// A step that waits until it is known what devices do at it.
    private struct Waiting {
        var step: LoweredStep
        /// Whether it is an operation of a device that no doorbell was rung for.
        var isFree: Bool
    }

    private var analysis: LatentAnalysis
    private var map: MemoryMap
    private let firstMap: MemoryMap
    private let isIdle: Bool
    private var order: PublicationOrder
    private var instructions: InstructionOrder
    private var registers: RegisterOrder
    private var polling: PollingLoads
    private var told: ToldReads
    private var rules: SetWayRules?

    /// How many operations each device has still to do, by its number.
    private var left: [UInt64]
    /// The step from which on each device may do what it does next.
    private var anchors = AgentTable<Int>()
    /// The first step at which a device may do what is not known yet.
    private var frontier = Int.max
    private var isHeld = false
    /// What devices do at a step, in the order of the trace, by the step; each with its own.
    private var starting: [Int: [(index: Int, step: LoweredStep)]] = [:]
    /// The steps that wait, from `first` on.
    private var queue: [Waiting] = []
    private var first = 0
    /// The number of the next step.
    private var next = 0

    /// Starts before the first step.
    ///
    /// - Parameters:
    ///   - profile: Facts of the machine.
    ///   - watch: The bytes that devices can touch.
    ///   - map: The mappings that the trace declares.
    ///   - operations: How many operations each device does in all steps, interrupts left out, by its number.
    ///   - rules: Rules about maintenance by set and way, to be fed with the same steps; nil: the trace has none.
    public init(
        profile: HazardProfile, watch: WatchList, map: MemoryMap, operations: [UInt64],
        rules: SetWayRules? = nil
    ) {
        analysis = LatentAnalysis(profile: profile, watch: watch, map: map)
        self.map = map
        firstMap = map
        isIdle = !profile.hasCaches && profile.barrierCycles == 0
        order = PublicationOrder(profile: profile)
        instructions = InstructionOrder(profile: profile, watch: watch)
        registers = RegisterOrder(profile: profile)
        polling = PollingLoads(profile: profile)
        told = ToldReads(profile: profile)
        left = operations
        self.rules = rules
    }

    /// Lets every step wait for the end of the trace, for tests: what is found must be the same.
    mutating func holdAll() {
        isHeld = true
        frontier = 0
    }

    /// How many steps wait for what a device does.
    public var waiting: Int { queue.count - first }

    /// Folds the next step.
    ///
    /// - Parameter step: It.
    /// - Precondition: No device does more than was said.
    /// - Complexity: O(granules that it names), and those of the steps that have waited for it.
    public mutating func feed(_ step: LoweredStep) {
        rules?.take(step, firstMap)
        guard !isIdle else { return }
        switch step.operation {
        case .setMemoryType, .map: map.follow(step.operation)
        default: break
        }
        order.take(step, next, map)
        instructions.take(step, firstMap)
        registers.take(step, map)
        polling.take(step, next, map)
        told.take(step, next, map)
        let isFree = schedule(step)
        if queue.isEmpty, next < frontier {
            fold(step, next, isFree: isFree)
        } else {
            queue.append(Waiting(step: step, isFree: isFree))
        }
        next += 1
        if !queue.isEmpty { foldKnown() }
    }

    /// Ends the trace.
    ///
    /// - Returns: the findings, each bytes' first; and those of the rules about set and way.
    public mutating func finish() -> (findings: [Finding], rules: [Finding]) {
        frontier = .max
        foldKnown()
        analysis.finish()
        return (
            analysis.findings + order.findings + instructions.findings + registers.findings
                + polling.findings, rules?.findings ?? []
        )
    }

    /// Folds all steps of a trace that is known as a whole.
    ///
    /// - Parameters:
    ///   - steps: They.
    ///   - profile: Facts of the machine.
    ///   - watch: The bytes that devices can touch.
    ///   - map: The mappings that the trace declares.
    ///   - rules: Rules about maintenance by set and way, to be fed with the same steps; nil: the trace has none.
    /// - Returns: what ``finish()`` does.
    public static func judge(
        _ steps: [LoweredStep], profile: HazardProfile, watch: WatchList, map: MemoryMap,
        rules: SetWayRules? = nil
    ) -> (findings: [Finding], rules: [Finding]) {
        var stream = LatentStream(
            profile: profile, watch: watch, map: map, operations: operations(of: steps),
            rules: rules)
        for step in steps { stream.feed(step) }
        return stream.finish()
    }

    /// What is found of polls alone.
    ///
    /// - Parameters:
    ///   - steps: The steps of a trace.
    ///   - profile: Facts of the machine.
    ///   - map: The mappings that the trace declares.
    /// - Returns: a finding H38 for each load that may be asked for ever.
    /// - Complexity: O(steps).
    public static func polls(
        _ steps: [LoweredStep], profile: HazardProfile, map: MemoryMap
    ) -> [Finding] {
        var (polling, map) = (PollingLoads(profile: profile), map)
        for (index, step) in steps.enumerated() {
            switch step.operation {
            case .setMemoryType, .map: map.follow(step.operation)
            default: break
            }
            polling.take(step, index, map)
        }
        return polling.findings
    }

    /// How many operations each device does in a list of steps, interrupts left out, by its number.
    static func operations(of steps: [LoweredStep]) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: Agent.maximumDevices)
        for step in steps {
            guard case .device(let operation) = step.operation, operation.kind != .interrupt else {
                continue
            }
            counts[step.agent.index] += 1
        }
        return counts
    }

    // MARK: When devices may act

    /// Puts a device's operation at the earliest step at which it may act.
    ///
    /// - Returns: whether the step is an operation without any doorbell, which acts in trace order.
    private mutating func schedule(_ step: LoweredStep) -> Bool {
        switch step.operation {
        case .ring(let device): anchors[device] = next
        case .wait(let device):
            guard anchors[device] != nil else { return false }
            anchors[device] = next + 1
        case .device(let operation):
            guard operation.kind != .interrupt else { return false }
            precondition(left[step.agent.index] > 0, "a device does more than was said")
            left[step.agent.index] -= 1
            guard let anchor = anchors[step.agent] else { return true }
            starting[anchor, default: []].append((next, step))
        default: return false
        }
        var least = Int.max
        let left = left
        anchors.visit { device, anchor in
            if left[device.index] > 0 { least = min(least, anchor) }
        }
        if !isHeld { frontier = least }
        return false
    }

    /// Folds the steps at which no device does what is not known yet.
    private mutating func foldKnown() {
        var index = next - waiting
        while index < min(next, frontier) {
            fold(queue[first].step, index, isFree: queue[first].isFree)
            first += 1
            index += 1
        }
        if first == queue.count {
            queue.removeAll(keepingCapacity: true)
            first = 0
        } else if 2 * first > queue.count {
            queue.removeFirst(first)
            first = 0
        }
    }

    private mutating func fold(_ step: LoweredStep, _ index: Int, isFree: Bool) {
        let started = starting.isEmpty ? nil : starting.removeValue(forKey: index)
        analysis.take(
            step, index, starting: started ?? [], told: told.takeReads(toldAt: index - 1),
            isFree: isFree)
    }
}
