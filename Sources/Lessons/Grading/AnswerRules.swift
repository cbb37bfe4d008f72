import DMAMapping
import Experiments
import Hazards
import Operations
import Traces

/// Whether a changed trace still does what the driver, the device and the world do.
struct AnswerRules {
    /// The trace that the question begins with.
    private let question: LessonTrace
    /// What of its declarations may be changed.
    private let free: Set<Question.Freedom>
    /// Whether the program's own work has to stay, for the answer's time counts.
    private let withWork: Bool

    /// The rules of a question.
    init(_ question: Question) {
        self.question = question.trace
        free = question.free
        withWork = question.kind == .cheapest
    }

    /// Why a changed trace is no answer to the question; nil: it is one.
    func objection(to answer: LessonTrace, _ program: Program, _ original: Program) -> String? {
        statements(answer, program, original) ?? declarations(program, original)
    }

    // MARK: Statements

    private func statements(
        _ answer: LessonTrace, _ program: Program, _ original: Program
    ) -> String? {
        let asked = FrozenStatement.all(of: original, withWork: withWork)
        let given = FrozenStatement.all(of: program, withWork: withWork)
        var place = 0
        while place < asked.count, place < given.count, asked[place] == given[place] { place += 1 }
        if place == asked.count, place == given.count { return nil }
        guard place < asked.count else {
            return
                "Line \(given[place].line) of your trace, '\(answer.statement(of: given[place].line))', "
                + "is new. \(Self.rule)"
        }
        let line = asked[place].line
        let words = "'\(question.statement(of: line))' (line \(line) of the question's trace)"
        let left = given[place...].contains(asked[place])
        guard left else {
            return "Your trace no longer has \(words). With it gone nothing can go wrong there, "
                + "but the work is not done either. \(Self.rule)"
        }
        guard asked[place...].contains(given[place]) else {
            return
                "Line \(given[place].line) of your trace, '\(answer.statement(of: given[place].line))', "
                + "is new. \(Self.rule)"
        }
        return "Your trace does \(words) later than the question's. \(Self.rule)"
    }

    private static let rule =
        "Loads, stores, doorbells, waits, transfers and 'env' stay as they are and in their order: "
        + "add, take out and move barriers, maintenance and calls."

    // MARK: Allocations

    /// Why the allocations of a changed trace make it no answer; nil: they do not.
    ///
    /// An allocation clears its bytes. Behind their first use it would hide that the wrong ones are there.
    ///
    /// - Complexity: O(*a* *n*) for *a* allocations among *n* statements.
    func allocations(_ answer: LessonTrace, _ setup: Setup) -> String? {
        let statements = setup.program.statements
        let ends = Self.ends(of: statements)
        let uses = statements.enumerated().flatMap { place, statement in
            (FrozenStatement(statement, of: setup.program, withWork: withWork)?.touched ?? [])
                .map { (place: place, bytes: Self.physical($0, setup)) }
        }
        for (place, statement) in statements.enumerated() {
            guard case .operation(_, .dma(let call)) = statement.body, call.function.allocates
            else { continue }
            for segment in call.segments where segment.size > 0 {
                // Whole pages are allocated, for a small block of a pool, too.
                let page = Lowering.pageSize
                let start = segment.start.address.rawValue
                let last = (start &+ (segment.size - 1)) | (page - 1)
                let first = start / page * page
                let bytes = Self.physical(
                    first..<(last > first && last < .max ? last + 1 : .max), setup)
                guard
                    let use = uses.first(where: {
                        $0.place < ends[place] && $0.bytes.overlaps(bytes)
                    })
                else { continue }
                let (line, earlier) = (Int(statement.line), Int(statements[use.place].line))
                return
                    "Line \(line) of your trace, '\(answer.statement(of: line))', "
                    + (use.place < place ? "stands behind" : "comes again behind")
                    + " line \(earlier), '\(answer.statement(of: earlier))', but "
                    + "allocating clears these bytes: it belongs before the first use."
            }
        }
        return nil
    }

    /// For each statement, up to where others may run before it: its own place, or the end of the loop around it.
    private static func ends(of statements: [Statement]) -> [Int] {
        var ends = Array(statements.indices)
        var blocks: [(place: Int, isLoop: Bool)] = []
        for (place, statement) in statements.enumerated() {
            switch statement.body {
            case .repeatBegin(let count): blocks.append((place, count > 1))
            case .spanBegin: blocks.append((place, false))
            case .end:
                guard let block = blocks.popLast(), block.isLoop else { continue }
                for inside in block.place..<place { ends[inside] = place }
            default: continue
            }
        }
        return ends
    }

    private static func physical(_ bytes: Range<UInt64>, _ setup: Setup) -> Range<UInt64> {
        let start = setup.physical(of: bytes.lowerBound)
        return start..<max(start &+ (bytes.upperBound &- bytes.lowerBound), start)
    }

    // MARK: Declarations

    private func declarations(_ program: Program, _ original: Program) -> String? {
        for declaration in original.declarations {
            let name = Self.name(of: declaration, original)
            let twins = program.declarations.filter {
                Self.name(of: $0, program) == name
            }
            guard let twin = twins.first else {
                return "Your trace no longer declares \(name)."
            }
            if let reason = difference(declaration, twin, name) { return reason }
            if Self.target(of: declaration, original) != Self.target(of: twin, program) {
                return "Your trace changes \(name): it shows other memory than it did."
            }
        }
        for declaration in program.declarations {
            let name = Self.name(of: declaration, program)
            guard !original.declarations.contains(where: { Self.name(of: $0, original) == name })
            else { continue }
            switch declaration {
            case .buffer, .layout: continue
            default: break
            }
            return
                "Your trace declares \(name), which the question's does not: the machine and its memory stay."
        }
        return overlap(program)
    }

    /// What a declaration is about, with a word for its kind.
    private static func name(of declaration: Declaration, _ program: Program) -> String {
        func symbol(_ symbol: SymbolID) -> String { program.symbols[symbol]?.name ?? "" }
        switch declaration {
        case .machine: return "the machine"
        case .kernel: return "the kernel"
        case .set(let key, _): return "the number \(key)"
        case .region(let name, _, _, _, _): return "the region \(symbol(name))"
        case .alias(let name, _, _, _, _): return "the alias \(symbol(name))"
        case .buffer(let name, _, _, _): return "the buffer \(symbol(name))"
        case .device(let device): return "the device \(symbol(device.name))"
        case .layout(let name, _): return "the layout \(symbol(name))"
        case .swiotlb: return "the bounce buffers"
        }
    }

    /// The name of the region that an alias shows; nil: it is no alias.
    private static func target(of declaration: Declaration, _ program: Program) -> String? {
        guard case .alias(_, let region, _, _, _) = declaration else { return nil }
        return program.symbols[region]?.name
    }

    private func difference(
        _ asked: Declaration, _ given: Declaration, _ name: String
    ) -> String? {
        switch (asked, given) {
        case (
            .buffer(_, let place, let size, let area),
            .buffer(_, let newPlace, let newSize, let newArea)
        ):
            if size > newSize { return "In your trace \(name) is smaller than it was." }
            if area != newArea || (size, place) != (newSize, newPlace) && !free.contains(.buffers) {
                return "Your trace changes \(name): where memory lies is not the question here."
            }
        case (
            .region(_, let place, let size, let type, let share),
            .region(_, let newPlace, let newSize, let newType, let newShare)
        ):
            if (place, size) != (newPlace, newSize)
                || (type != newType || share != newShare) && !free.contains(.regions)
            {
                return "Your trace changes \(name): what memory is like is not the question here."
            }
        case (.device(let device), .device(let newDevice)):
            if !free.contains(.devices), !Self.isSame(device, newDevice) {
                return "Your trace changes \(name): how it is attached is not the question here."
            }
        case (.machine(let old), .machine(let new)), (.kernel(let old), .kernel(let new)):
            if old != new { return "Your trace changes \(name) from \(old) to \(new): it stays." }
        case (.set(_, let old), .set(_, let new)):
            if old != new { return "Your trace changes \(name) from \(old) to \(new): it stays." }
        case (
            .alias(_, _, let place, let type, let share),
            .alias(_, _, let newPlace, let newType, let newShare)
        ):
            if place != newPlace
                || (type != newType || share != newShare) && !free.contains(.regions)
            {
                return "Your trace changes \(name): what memory is like is not the question here."
            }
        case (.layout(_, let old), .layout(_, let new)):
            if old != new { return "Your trace changes \(name): the hardware stays." }
        case (.swiotlb(let old), .swiotlb(let new)):
            if old != new { return "Your trace changes \(name): they stay." }
        default: return "In your trace \(name) is something else."
        }
        return nil
    }

    private static func isSame(_ left: DeviceDeclaration, _ right: DeviceDeclaration) -> Bool {
        // Symbols are numbered in order of declaration, which may change.
        var copy = right
        copy.name = left.name
        return left == copy
    }

    /// Buffers that share bytes with others would lose them.
    private func overlap(_ program: Program) -> String? {
        guard free.contains(.buffers) else { return nil }
        let buffers = program.declarations.compactMap { declaration in
            if case .buffer(let name, let address, let size, _) = declaration {
                (name: program.symbols[name]?.name ?? "", range: address..<address &+ size)
            } else {
                nil
            }
        }
        for (place, buffer) in buffers.enumerated() {
            for other in buffers[(place + 1)...] where buffer.range.overlaps(other.range) {
                return "In your trace the buffers \(buffer.name) and \(other.name) share bytes."
            }
        }
        return nil
    }
}
