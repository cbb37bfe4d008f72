import Quantities

/// One thing that is wrong in a driver that was correct.
struct Fault {
    /// What was done to the statement.
    enum Kind: CaseIterable, Hashable {
        case dropBarrier
        case dropMaintenance
        case dropSync
        case dropUnmap
        case dropMapping
        case moveEarlier
        case moveLater
        case shrinkToWord
        case shrinkFront
        case shrinkBack
        case weakenBarrier
        case weakenAccessor
        case weakenMaintenance
        case weakenDirection
    }

    var kind: Kind
    /// The statement, by its place in the body.
    var place: Int
    /// The statements with the fault.
    var body: [String]

    /// Draws a fault of a driver: first its kind, then where; nil: there is nothing to break.
    static func draw(in driver: RandomDriver, _ random: inout SplitMix64) -> Fault? {
        let all = faults(of: driver)
        let kinds = Kind.allCases.filter { kind in all.contains { $0.kind == kind } }
        guard !kinds.isEmpty else { return nil }
        let kind = kinds[Int(random.next() % UInt64(kinds.count))]
        let those = all.filter { $0.kind == kind }
        return those[Int(random.next() % UInt64(those.count))]
    }

    /// All faults that a driver can have.
    static func faults(of driver: RandomDriver) -> [Fault] {
        driver.body.indices.flatMap { place in
            let statement = Statement(driver.body[place])
            return drops(driver.body, place, statement) + moves(driver.body, place, statement)
                + changes(statement, line: driver.profile.line).map { kind, changed in
                    var body = driver.body
                    body[place] = changed.text
                    return Fault(kind: kind, place: place, body: body)
                }
        }
    }

    // MARK: Drop

    private static func drops(_ body: [String], _ place: Int, _ statement: Statement) -> [Fault] {
        var kept = body
        kept.remove(at: place)
        guard let kind = statement.drop else { return [] }
        guard kind == .dropMapping else { return [Fault(kind: kind, place: place, body: kept)] }
        // What is done with the handle goes with it.
        let handle = statement.words[0]
        kept.removeAll { Statement($0).words.dropFirst().contains(handle) }
        return [Fault(kind: kind, place: place, body: kept)]
    }

    // MARK: Move

    /// Past one to three neighbours, not out of a loop.
    ///
    /// The order of two accesses, or of two barriers, is nothing to a device: something of another kind is passed.
    private static func moves(_ body: [String], _ place: Int, _ statement: Statement) -> [Fault] {
        guard statement.isCore, let part = statement.part else { return [] }
        var result: [Fault] = []
        for (kind, step) in [(Kind.moveEarlier, -1), (.moveLater, 1)] {
            var moved = body
            var at = place
            var hasPassed = false
            for _ in 0..<3 {
                let next = at + step
                guard moved.indices.contains(next), !Statement(moved[next]).isBlock else { break }
                moved.swapAt(at, next)
                at = next
                let other = Statement(body[next])
                hasPassed = hasPassed || other.part.map { $0 != part } ?? false
                guard hasPassed else { continue }
                result.append(Fault(kind: kind, place: place, body: moved))
            }
        }
        return result
    }

    // MARK: Shrink, weaken

    private static func changes(_ statement: Statement, line: UInt64) -> [(Kind, Statement)] {
        var result: [(Kind, Statement)] = []
        func lines(_ size: UInt64) -> UInt64 { (size + line - 1) / line }
        if let range = statement.range {
            func shrunk(_ kind: Kind, _ skip: UInt64, _ size: UInt64) {
                guard size > 0, size < range.size else { return }
                // Instructions know whole lines alone.
                guard !statement.isInstruction || skip > 0 || lines(size) < lines(range.size)
                else { return }
                result.append((kind, statement.with(range, skip: skip, size: size)))
            }
            shrunk(.shrinkToWord, 0, 4)
            if range.size > line {
                shrunk(.shrinkFront, line, range.size - line)
                shrunk(.shrinkBack, 0, range.size - line)
            }
            shrunk(.shrinkBack, 0, range.size / 2)
        }
        for (kind, weaker) in statement.weaker {
            result.append((kind, Statement(agent: statement.agent, words: weaker)))
        }
        return result
    }
}

/// A statement of a driver, as words.
struct Statement {
    /// Who does it, with the colon; empty: core 0.
    var agent = ""
    var words: [String]

    init(_ text: String) {
        words = text.split(separator: " ").map(String.init)
        if let first = words.first, first.hasSuffix(":") { agent = words.removeFirst() }
    }

    init(agent: String, words: [String]) {
        self.agent = agent
        self.words = words
    }

    var text: String { ((agent.isEmpty ? [] : [agent]) + words).joined(separator: " ") }

    var isCore: Bool { agent.isEmpty || agent.hasPrefix("core") }
    var isInstruction: Bool { words[0] == "dc" || words[0] == "l2" }
    var isBlock: Bool { words[0] == "repeat" || words[0] == "end" }

    /// What a statement is for.
    enum Part {
        case access
        case device
        case barrier
        case owner
        case doorbell
        case completion
    }

    /// What it is for; nil: nothing that its place would matter to.
    var part: Part? {
        if !isCore { return .device }
        switch name {
        case "ld", "st": return words.contains("v") ? nil : .access
        case "ring", "writel", "writel_relaxed": return .doorbell
        case "wait": return .completion
        default:
            guard let drop else { return nil }
            return drop == .dropBarrier ? .barrier : .owner
        }
    }

    /// The function or instruction.
    private var name: String { words.count > 2 && words[1] == "=" ? words[2] : words[0] }

    private var isLibrary: Bool {
        ["SCB_", "Xil_", "sys_cache", "up_"].contains { name.hasPrefix($0) }
            || name.hasSuffix("dcache_range")
    }

    private static let barriers: Set = [
        "dmb", "dsb", "mb", "wmb", "rmb", "dma_wmb", "dma_rmb", "smp_mb",
    ]

    /// What leaving it out is; nil: the driver would be another one.
    var drop: Fault.Kind? {
        guard isCore else { return nil }
        if Self.barriers.contains(name) { return .dropBarrier }
        if words.prefix(2) == ["l2", "sync"] { return .dropBarrier }
        if name == "dc" || name == "l2" || isLibrary { return .dropMaintenance }
        if name.hasPrefix("dma_sync") { return .dropSync }
        if name.hasPrefix("dma_unmap") { return .dropUnmap }
        if name.hasPrefix("dma_map_") { return .dropMapping }
        return nil
    }

    /// Where an address and a number of bytes stand.
    struct Range {
        /// The place of the address, or of the offset, among the words.
        var place: Int
        var size: UInt64
        /// Whether it is an offset in a mapping.
        var isOffset = false
    }

    /// The bytes that are maintained, synced or mapped; nil: it has none.
    var range: Range? {
        func at(_ place: Int, isOffset: Bool = false) -> Range? {
            guard place + 1 < words.count, let size = UInt64(words[place + 1]) else { return nil }
            return Range(place: place, size: size, isOffset: isOffset)
        }
        if name == "dc" || name == "l2" { return at(2) }
        if isLibrary { return at(1) }
        if name.hasPrefix("dma_sync_single") { return at(2, isOffset: true) }
        if name == "dma_map_single" { return at(4) }
        return nil
    }

    /// The same with another range.
    func with(_ range: Range, skip: UInt64, size: UInt64) -> Statement {
        var result = self
        result.words[range.place + 1] = String(size)
        guard skip > 0 else { return result }
        if range.isOffset {
            result.words[range.place] = String((UInt64(words[range.place]) ?? 0) + skip)
        } else {
            let parts = words[range.place].split(separator: "+")
            let offset = parts.count > 1 ? UInt64(parts[1]) ?? 0 : 0
            result.words[range.place] = "\(parts[0])+\(offset + skip)"
        }
        return result
    }

    private static let weakerBarriers: [[String]: [[String]]] = [
        ["dsb", "sy"]: [
            ["dmb", "sy"], ["dsb", "ish"], ["dsb", "st"], ["dsb", "ld"], ["dmb", "ish"],
        ],
        ["dmb", "sy"]: [["dmb", "ishst"], ["dmb", "ish"], ["dmb", "ld"], ["dmb", "st"]],
        ["dmb", "osh"]: [["dmb", "ish"], ["dmb", "oshst"], ["dmb", "oshld"]],
        ["dmb", "ish"]: [["dmb", "ishst"], ["dmb", "nsh"]],
        ["mb"]: [["smp_mb"]], ["wmb"]: [["smp_wmb"], ["dma_wmb"]],
        ["dma_wmb"]: [["smp_wmb"], ["dma_rmb"]],
        ["rmb"]: [["smp_rmb"]], ["dma_rmb"]: [["smp_rmb"], ["dma_wmb"]],
        ["smp_mb"]: [["smp_wmb"], ["smp_rmb"]],
    ]

    private static let weakerNames: [String: [(Fault.Kind, String)]] = [
        "writel": [(.weakenAccessor, "writel_relaxed")],
        "readl": [(.weakenAccessor, "readl_relaxed")],
        "civac": [(.weakenMaintenance, "cvac"), (.weakenMaintenance, "ivac")],
        "cvac": [(.weakenMaintenance, "cvau"), (.weakenMaintenance, "ivac")],
        "ivac": [(.weakenMaintenance, "cvac")],
        "flush": [(.weakenMaintenance, "clean"), (.weakenMaintenance, "inv")],
        "clean": [(.weakenMaintenance, "inv")],
        "inv": [(.weakenMaintenance, "clean")],
        "TO_DEVICE": [(.weakenDirection, "FROM_DEVICE")],
        "FROM_DEVICE": [(.weakenDirection, "TO_DEVICE")],
        "BIDIRECTIONAL": [(.weakenDirection, "TO_DEVICE"), (.weakenDirection, "FROM_DEVICE")],
    ]

    /// What could stand here by mistake, and does less.
    var weaker: [(Fault.Kind, [String])] {
        guard isCore else { return [] }
        var result = (Self.weakerBarriers[words] ?? []).map { (Fault.Kind.weakenBarrier, $0) }
        for (place, word) in words.enumerated() {
            for (kind, other) in Self.weakerNames[word] ?? [] {
                var changed = words
                changed[place] = other
                result.append((kind, changed))
            }
        }
        return result
    }
}
