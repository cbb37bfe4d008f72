/// A row before it is run: what was measured, and how the prediction comes out of traces.
struct RowRecipe: Sendable {
    /// The measurement.
    var row: MeasuredRow
    /// The traces that it needs; empty: none is kept.
    var traces: [String]
    /// The machine of a row without a trace.
    var machine: MachineVariant?
    /// The prediction, in the row's unit.
    var predict: @Sendable (inout TraceTimes) throws -> Double

    /// Whether the row is meant by a name: its own, one that it goes on from after a blank, or the letter of its group.
    ///
    /// - Parameter name: As `Z3`, which means `Z3 (10 MiB)`, too, or `Z`.
    /// - Returns: whether it is.
    func matches(_ name: String) -> Bool {
        guard row.id.hasPrefix(name), let last = name.last else { return false }
        let next = row.id.dropFirst(name.count).first
        return next == nil || next == " " || next == "/" || last.isLetter && next?.isNumber == true
    }
}

/// Rows of one source, made in few words.
struct RecipeBook: Sendable {
    /// The trace that its rows read.
    var trace: String
    /// Who measured.
    var source: String
    /// More traces that its rows read.
    var others: [String] = []

    /// A row.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - workload: What was done.
    ///   - measured: What came out.
    ///   - unit: Its unit.
    ///   - criterion: How a prediction is judged.
    ///   - predict: The prediction.
    /// - Returns: the row.
    func row(
        _ id: String, _ workload: String, _ measured: Double, _ unit: String,
        _ criterion: MeasuredRow.Criterion,
        _ predict: @escaping @Sendable (inout TraceTimes) throws -> Double
    ) -> RowRecipe {
        RowRecipe(
            row: MeasuredRow(
                id: id, workload: workload, measured: measured, unit: unit, criterion: criterion,
                source: source),
            traces: [trace] + others, predict: predict)
    }

    /// A row of a time: that of a span, times something.
    func time(
        _ id: String, _ workload: String, _ measured: Double, _ unit: String,
        _ criterion: MeasuredRow.Criterion, span: String, times factor: Double
    ) -> RowRecipe {
        row(id, workload, measured, unit, criterion) { [trace] in
            try $0.seconds(span, trace) * factor
        }
    }

    /// A row of a rate in MB/s: bytes over the time of a span.
    func rate(
        _ id: String, _ workload: String, _ measured: Double,
        _ criterion: MeasuredRow.Criterion, span: String, bytes: Double
    ) -> RowRecipe {
        row(id, workload, measured, "MB/s", criterion) { [trace] in
            bytes / (try $0.seconds(span, trace)) / 1e6
        }
    }

    /// A row of a quotient of two spans' times.
    func quotient(
        _ id: String, _ workload: String, _ measured: Double,
        _ criterion: MeasuredRow.Criterion, _ above: String, over below: String
    ) -> RowRecipe {
        row(id, workload, measured, "×", criterion) { [trace] in
            try $0.seconds(above, trace) / (try $0.seconds(below, trace))
        }
    }
}
