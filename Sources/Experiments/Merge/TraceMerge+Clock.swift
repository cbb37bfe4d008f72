import Operations
import Traces

// By clock. A statement has its stamp, or the one of the last statement above it that has one; what stands above all stamps
// comes first. The kernel tells most calls when their work is done, so that a call stands before statements of its own
// time; `dma_unmap_sg` and the frees are told before their work, and stand behind those (linux-dma.md §4.3). A loop is
// one piece, of the time of its first stamp. The calls keep the order of their log.

extension TraceMerge {
    /// What of the CPU's side is not torn apart.
    private struct Unit {
        var range: Range<Int>
        var time: Int128?
    }

    mutating func mergeByClock(_ body: MergeBody) throws(TraceErrors) {
        let units = try units(of: body.statements)
        let first = units.first { $0.time != nil }?.time
        guard let first, let last = units.last?.time else {
            throw error(
                cpu.file, 0, "no statement with a time (@t=)",
                "a trace with times, or marks for the calls (--by marks)")
        }
        let times = try stepTimes()
        for statement in body.head { add(statement) }
        var cursor = 0
        for (step, time) in zip(steps, times) {
            if let time {
                let waits = step.kind?.isToldBefore ?? false
                while cursor < units.count,
                    units[cursor].time.map({ $0 < time || waits && $0 == time }) ?? true
                {
                    for place in units[cursor].range { add(body.statements[place]) }
                    cursor += 1
                }
            }
            add(step)
        }
        while cursor < units.count {
            for place in units[cursor].range { add(body.statements[place]) }
            cursor += 1
        }
        remark(first...max(first, last), times.compactMap { $0 })
    }

    private mutating func units(of statements: [Statement]) throws(TraceErrors) -> [Unit] {
        var units: [Unit] = []
        var latest: Int128?
        var backwards = 0
        var place = 0
        while place < statements.count {
            var end = place
            if case .repeatBegin = statements[place].body {
                end = MergeBody.end(of: statements, from: place)
            }
            var first: Int128?
            for inside in place...end {
                guard let time = try time(of: statements[inside]) else { continue }
                if let latest, time < latest { backwards += 1 }
                latest = max(latest ?? time, time)
                if first == nil { first = latest }
            }
            units.append(Unit(range: place..<end + 1, time: first ?? latest))
            place = end + 1
        }
        if backwards > 0 {
            result.remarks.append(
                "\(backwards) times of \(cpu.file) are before one above them, and taken for that one"
            )
        }
        return units
    }

    private func time(of statement: Statement) throws(TraceErrors) -> Int128? {
        let place = Int(statement.annotation)
        guard cpu.program.annotations.indices.contains(place),
            let stamp = cpu.program.annotations[place].time
        else { return nil }
        guard let time = clock.picoseconds(stamp) else {
            throw TraceErrors([
                cpuError(
                    statement.line, "@t=\(stamp.value)cyc",
                    "a machine whose clock is meant (--machine NAME)")
            ])
        }
        return time
    }

    /// The times of all steps on the CPU's clock, none below the one before; nil: with the step before it.
    private mutating func stepTimes() throws(TraceErrors) -> [Int128?] {
        var latest: Int128?
        var backwards = 0
        var times: [Int128?] = []
        times.reserveCapacity(steps.count)
        for step in steps {
            guard let own = step.time else {
                if step.kind != nil, latest == nil {
                    throw error(
                        dmaFile, step.line, "a call without a time",
                        "a recording with a clock that counts seconds, or marks (--by marks)")
                }
                times.append(nil)
                continue
            }
            let time = own + options.offset
            if let latest, time < latest { backwards += 1 }
            latest = max(latest ?? time, time)
            times.append(latest)
        }
        guard latest != nil else {
            throw error(
                dmaFile, 0, "no call with a time",
                "a recording with a clock that counts seconds, or marks (--by marks)")
        }
        if backwards > 0 {
            result.remarks.append(
                "\(backwards) times of \(dmaFile) are before one above them, and taken for that one"
            )
        }
        return times
    }

    private mutating func remark(_ own: ClosedRange<Int128>, _ times: [Int128]) {
        guard let first = times.first, let last = times.last else { return }
        result.remarks.append(
            "\(cpu.file) from \(Self.seconds(own.lowerBound)) to \(Self.seconds(own.upperBound)), "
                + "calls from \(Self.seconds(first)) to \(Self.seconds(last))")
        if last < own.lowerBound || first > own.upperBound {
            result.remarks.append(
                "no call falls into the trace: clocks that start apart need --offset")
        }
    }

    /// Picoseconds as seconds with nine decimals.
    static func seconds(_ time: Int128) -> String {
        let nanoseconds = time.magnitude / 1_000
        let digits = String(nanoseconds % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - digits.count)
        return "\(time < 0 ? "-" : "")\(nanoseconds / 1_000_000_000).\(zeros)\(digits) s"
    }
}
