import Experiments
import Reports
import Traces

extension Grader {
    /// What a prediction is about, worked out.
    struct Truth {
        /// The number.
        var value: UInt64
        /// How it comes to that, in words.
        var words: String
        /// Numbers that one may take it for, and why they are wrong.
        var mistakes: [UInt64: String] = [:]
    }

    /// Works a prediction out.
    ///
    /// - Throws: if it cannot be.
    func truth(_ question: Question) throws(TraceErrors) -> Truth {
        let trace = question.trace
        let setup = try machines.setup(trace, machine: question.machines.first)
        if let name = question.count, let counter = CounterNames.counter(name) {
            let value = try Replay.run(setup).counters[counter]
            return Truth(
                value: value, words: "\(CounterNames.words(name)): \(Format.grouped(value))")
        }
        let line: Int
        do { line = try trace.line(of: question.read ?? "") } catch {
            throw TraceErrors([error.located(trace.file, 0)])
        }
        return try read(line, setup)
    }

    /// Grades a number.
    func predict(_ answer: [UInt8], _ question: Question) throws(TraceErrors) -> Grade {
        let text = LessonText.trimmed(
            String(String(decoding: answer, as: UTF8.self).prefix { !$0.isNewline }))
        guard let number = Self.number(text) else {
            return .wrong("'\(text)' is no number; write it as 17 or 0x11.")
        }
        let truth = try truth(question)
        if number == truth.value { return .right("Right: \(truth.words).") }
        if let mistake = truth.mistakes[number] { return .wrong(mistake) }
        if question.count != nil {
            return .wrong(
                "It is \(number < truth.value ? "more" : "fewer"). Go through the statements one by one: "
                    + "which lines does each need, and which are there already?")
        }
        return .wrong(
            "No copy has \(Self.hex(number)) there. Ask which copies of the byte there are, and which of them is read."
        )
    }

    /// A number in decimal or hexadecimal; thousands may be separated.
    static func number(_ text: String) -> UInt64? {
        let digits = text.lowercased().filter { $0 != "_" && $0 != "," && $0 != " " }
        return digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
    }

    static func hex(_ value: UInt64) -> String { Format.hex(value) }
}
