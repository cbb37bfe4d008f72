import Operations
import Traces

// By marks. The n-th mark of an event, or of an event of a device, is the place of the n-th such event of the log, and goes.
// Events for which the trace has no mark at all stand behind the event before them in the log.

extension TraceMerge {
    /// Events that marks can tell apart.
    private struct Key: Hashable {
        var kind: KernelLogEvent.Kind?
        /// Nil where marks name no device.
        var device: String?
    }

    mutating func mergeByMarks(_ body: inout MergeBody) throws(TraceErrors) {
        guard !body.marks.isEmpty else {
            throw error(
                cpu.file, 0, "no mark that stands for an event",
                "mark dma:EVENT [DEVICE], mark dma:next, or stores that are marks (--mark-store)")
        }
        let places = try places(body.marks)
        for statement in body.head { add(statement) }
        var next = 0
        for (step, mark) in zip(steps, places) {
            if let mark {
                while next < body.marks[mark].place {
                    add(body.statements[next])
                    next += 1
                }
            }
            add(step)
        }
        for statement in body.statements[next...] { add(statement) }
        result.marks = body.marks.count
    }

    /// The mark of each step; nil: behind the step before it.
    private mutating func places(_ marks: [MergeMark]) throws(TraceErrors) -> [Int?] {
        let byDevice = try namesDevices(marks)
        let isNext = marks[0].kind == nil
        func key(_ step: MergeStep, _ kind: KernelLogEvent.Kind) -> Key {
            if isNext { return Key() }
            return Key(kind: kind, device: byDevice.contains(kind) ? step.device.log : nil)
        }
        var queues: [Key: [Int]] = [:]
        for (place, mark) in marks.enumerated() {
            queues[Key(kind: mark.kind, device: mark.device.map(logName)), default: []].append(
                place)
        }
        var taken: [Key: Int] = [:]
        var unmarked: [(event: String, count: Int)] = []
        var errors = TraceErrors()
        var result = [Int?](repeating: nil, count: steps.count)
        for (place, step) in steps.enumerated() {
            guard let kind = step.kind else { continue }
            let key = key(step, kind)
            guard let queue = queues[key] else {
                let name = "\(kind.tracepoint) \(step.device.log)"
                if let known = unmarked.firstIndex(where: { $0.event == name }) {
                    unmarked[known].count += 1
                } else {
                    unmarked.append((name, 1))
                }
                continue
            }
            let number = taken[key, default: 0]
            taken[key] = number + 1
            if number < queue.count {
                result[place] = queue[number]
            } else if number == queue.count {
                errors.append(
                    TraceError(
                        file: dmaFile, line: Int(step.line),
                        found: "\(kind.tracepoint) \(step.device.log), number \(number + 1) of "
                            + words(key),
                        expected: "as many as \(cpu.file) has marks for: \(queue.count)"))
            }
        }
        for (place, mark) in marks.enumerated() {
            let key = Key(kind: mark.kind, device: mark.device.map(logName))
            let count = taken[key, default: 0]
            guard let queue = queues[key], count < queue.count, queue[count] == place else {
                continue
            }
            errors.append(
                cpuError(
                    mark.line, "\(mark.text), number \(count + 1) of \(words(key))",
                    "as many as \(dmaFile) has: \(count)"))
        }
        guard errors.isEmpty else { throw errors }
        try checkOrder(result, marks)
        for (event, count) in unmarked {
            self.result.remarks.append(
                "\(count) × \(event) without marks: behind the event before in \(dmaFile)")
        }
        return result
    }

    /// The log's name of a device that a mark names by either.
    private func logName(_ name: String) -> String {
        steps.first { $0.device.log == name || $0.device.program == name }?.device.log ?? name
    }

    private func words(_ key: Key) -> String {
        guard let kind = key.kind else { return "all events" }
        return kind.tracepoint + (key.device.map { " of \($0)" } ?? "")
    }

    /// The events whose marks name devices.
    ///
    /// - Throws: at a mark that says more or less than those before it.
    private func namesDevices(
        _ marks: [MergeMark]
    ) throws(TraceErrors) -> Set<KernelLogEvent.Kind> {
        var named: [KernelLogEvent.Kind: Bool] = [:]
        for mark in marks {
            guard (mark.kind == nil) == (marks[0].kind == nil) else {
                throw TraceErrors([
                    cpuError(
                        mark.line, mark.text, "marks for the next event alone, or none of them")
                ])
            }
            guard let kind = mark.kind else { continue }
            let isNamed = mark.device != nil
            guard named[kind, default: isNamed] == isNamed else {
                throw TraceErrors([
                    cpuError(
                        mark.line, mark.text,
                        "a device at each mark of \(kind.tracepoint), or at none of them")
                ])
            }
            named[kind] = isNamed
        }
        return Set(named.filter(\.value).keys)
    }

    /// Throws if marks stand in another order than their events.
    private func checkOrder(_ places: [Int?], _ marks: [MergeMark]) throws(TraceErrors) {
        var last: (mark: Int, step: Int)?
        for (step, place) in places.enumerated() {
            guard let place else { continue }
            if let last, place < last.mark {
                throw TraceErrors([
                    cpuError(
                        marks[place].line,
                        "\(marks[place].text) for line \(steps[step].line) of \(dmaFile), above the mark "
                            + "for line \(steps[last.step].line)",
                        "marks in the order of the events")
                ])
            }
            last = (place, step)
        }
    }
}
