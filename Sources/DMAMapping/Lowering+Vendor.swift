import Operations
import Quantities

extension Lowering {
    /// The most steps of a loop that are lowered one by one.
    static let vendorStepLimit: UInt64 = 1 << 18

    /// What a call of a bare-metal library does before it meets an address, as `explain` prints it.
    ///
    /// - Parameters:
    ///   - call: The call; of its arguments only whether they are none, aligned, or as many as the cache has.
    ///   - profile: The processor.
    /// - Returns: The steps in order, one line each; none for a call that does nothing.
    /// - Throws: ``LoweringError/vendor(_:)`` if no table says what the call does.
    public static func describe(
        _ call: VendorCall, profile: LoweringProfile
    ) throws(LoweringError) -> [String] {
        try steps(of: call, profile).map(\.description)
    }

    /// Lowers a call of a bare-metal library.
    func lower(_ call: VendorCall, into output: inout [Operation]) throws(LoweringError) {
        var lowered: [Operation] = []
        for step in try Self.steps(of: call, profile) {
            switch step {
            case .barrier(let barrier): lowered.append(.barrier(barrier))
            case .cacheSync: lowered.append(.maintenance(Maintenance(.outerSync)))
            case .all(let instruction, let level):
                lowered.append(.maintenance(Maintenance(instruction, level: level)))
            case .lines(let loop, let stride, let actions):
                try expand(loop, stride, actions, call, into: &lowered)
            case .besideOuter: preconditionFailure("sorted out with the processor at hand")
            }
        }
        output += lowered
    }

    /// The steps of a call for its arguments; those for an outer cache only where there is one.
    private static func steps(
        of call: VendorCall, _ profile: LoweringProfile
    ) throws(LoweringError) -> [VendorStep] {
        guard profile.kernel == .bareMetal else {
            throw .vendor(VendorError(call: call, reason: .linux(profile.kernel)))
        }
        let (start, bytes) = (call.start.address.rawValue, call.bytes)
        let (end, overflow) = start.addingReportingOverflow(bytes)
        guard !overflow, end <= UInt64.max - pageSize else {
            throw .vendor(VendorError(call: call, reason: .rangeTooLong))
        }
        let found = try row(of: call, profile).cases.first {
            $0.applies(start: start, bytes: bytes, profile)
        }
        guard let found else { return [] }
        return found.steps.flatMap { step -> [VendorStep] in
            guard case .besideOuter(let steps) = step else { return [step] }
            return profile.outer == nil ? [] : steps
        }
    }

    /// The row of a function on a processor in a version: without one, the newest.
    private static func row(
        of call: VendorCall, _ profile: LoweringProfile
    ) throws(LoweringError) -> VendorRow {
        let all = VendorRow.byFunction[call.function] ?? []
        let here = all.filter { row in row.targets.contains { $0.includes(profile) } }
        guard let newest = here.max(by: { $0.versions.lowerBound < $1.versions.lowerBound }) else {
            var known: [String] = []
            for target in all.flatMap(\.targets) where !known.contains(target.description) {
                known.append(target.description)
            }
            let place = profile.architecture.rawValue
            throw .vendor(
                VendorError(
                    call: call,
                    reason: .target(
                        profile.outer == nil ? place : place + " with an outer cache",
                        known: known.joined(separator: ", "))))
        }
        guard let version = call.version else { return newest }
        if let row = here.first(where: { $0.versions.contains(version) }) { return row }
        let spans = here.map(\.versions).sorted { $0.lowerBound < $1.lowerBound }
        let first = spans.first?.lowerBound ?? version
        let last = spans.last?.upperBound ?? version
        throw .vendor(
            VendorError(
                call: call,
                reason: .version(
                    version,
                    known: last == .unbounded
                        ? "from \(first) on" : "from \(first) to before \(last)")))
    }

    private func expand(
        _ loop: LineLoop, _ stride: VendorStep.Stride, _ actions: [VendorStep.Action],
        _ call: VendorCall, into output: inout [Operation]
    ) throws(LoweringError) {
        let isOuter = actions.allSatisfy(\.isOuter)
        let line = isOuter ? profile.outer?.lineSize ?? 0 : profile.innerLineSize
        let step =
            switch stride {
            case .line: line
            case .bytes(let bytes): bytes
            case .lineDivided(let part): line / part
            }
        let start = call.start.address.rawValue
        // One operation tells a whole run of lines where nothing stands between them and none is met twice.
        let isWhole = step == line && actions.count == 1
        for case .run(let run) in loop.steps(
            start: start, end: start + call.bytes, lineSize: step)
        {
            let count = isWhole ? 1 : run.count(lineSize: step)
            guard count <= Self.vendorStepLimit else {
                throw .vendor(
                    VendorError(call: call, reason: .tooManySteps(Self.vendorStepLimit)))
            }
            for index in 0..<count {
                let part = (run.start & ~(step - 1)) + index * step
                for action in actions {
                    var place = (start: run.start, bytes: run.bytes)
                    if !isWhole {
                        // Of a line that a loop invalidates in parts all of the range is meant each time.
                        let isPart =
                            action == .core && run.operation == .invalidate && step < line
                        place =
                            isPart
                            ? call.part(of: part & ~(line - 1), line) : call.part(of: part, step)
                    }
                    output.append(
                        action.operation(
                            run.operation,
                            at: Operand(place.start, symbol: call.start.symbol),
                            bytes: place.bytes))
                }
            }
        }
    }
}

extension VendorCall {
    /// The bytes of its range that a step is about, so that what else is in their line is known for a neighbour; for a
    /// step that has none of them its line.
    fileprivate func part(of step: UInt64, _ size: UInt64) -> (start: UInt64, bytes: UInt64) {
        let first = max(step, self.start.address.rawValue)
        let end = min(step + size, self.start.address.rawValue + bytes)
        return first < end ? (first, end - first) : (step, 0)
    }
}

extension VendorStep.Action {
    fileprivate func operation(
        _ operation: RangeOperation, at place: Operand, bytes: UInt64
    ) -> Operation {
        switch self {
        case .core: .maintenance(Maintenance(operation.inner, at: place, bytes: bytes))
        case .outer: .maintenance(Maintenance(operation.outer, at: place, bytes: bytes))
        case .cacheSync: .maintenance(Maintenance(.outerSync))
        case .barrier(let barrier): .barrier(barrier)
        }
    }
}
