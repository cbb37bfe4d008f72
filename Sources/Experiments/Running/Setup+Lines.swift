import Operations

extension Setup {
    /// The line of the trace that a statement stands on; 0: there is no such statement.
    public func line(_ record: Int) -> Int {
        let statements = program.statements
        return statements.indices.contains(record - 1) ? Int(statements[record - 1].line) : 0
    }

    /// A text with its record numbers as line numbers, which a person can see.
    public func inLines(_ text: String) -> String {
        var words: [Substring] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let digits = word.prefix { $0.isNumber }
            if words.last?.hasSuffix("record") == true, let record = Int(digits) {
                words[words.count - 1] = "\(words[words.count - 1].dropLast(6))line"
                words.append("\(line(record))\(word.dropFirst(digits.count))")
            } else {
                words.append(word)
            }
        }
        return words.joined(separator: " ")
    }
}
