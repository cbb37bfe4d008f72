/// A page of a course.
public struct Lesson: Sendable {
    /// What a page consists of, in its order.
    public enum Part: Sendable {
        /// Lines of Markdown.
        case words([String])
        /// Something that the tool works out.
        case block(ComputedBlock)
        /// A question, by its place in ``Lesson/questions``.
        case question(Int)
    }

    /// The file's name without `.md`: `05-stale-read`.
    public var name: String
    /// The file's name.
    public var file: String
    /// What it is about.
    public var title: String
    /// What a student can do afterwards.
    public var goal: String
    /// What is stepped through.
    public var trace: LessonTrace
    /// The lines of the trace that can be taken out to see what goes wrong: places, names in brackets.
    public var breaks: [String]
    /// The page.
    public var parts: [Part]
    /// What is asked.
    public var questions: [Question]

    /// The number at the head of the name, or 0.
    public var number: Int { Int(name.prefix { $0.isNumber }) ?? 0 }
}

/// A fenced block of a page whose lines the tool works out: they stand in the file so that it can be read anywhere.
public struct ComputedBlock: Sendable, Hashable {
    /// What is worked out.
    public enum Kind: String, CaseIterable, Sendable {
        /// Lines of the trace.
        case trace
        /// Every copy of a line of memory, after a statement.
        case state
        /// What `check` finds.
        case finds
        /// What a replay counts.
        case counts
        /// What spans take.
        case times
        /// What strategies cost.
        case compare
        /// What a prediction's bytes are.
        case reads
    }

    /// What is worked out.
    public var kind: Kind
    /// The words behind it without `=`.
    public var arguments: [String]
    /// The words with `=`.
    public var options: [String: String]
    /// The line of the file on which the fence opens.
    public var line: Int
    /// The lines that stand in the file.
    public var body: [String]
}

/// What is asked.
public struct Question: Sendable {
    /// How it is answered.
    public enum Kind: String, CaseIterable, Sendable {
        /// By a changed trace in which nothing goes wrong any more.
        case mend
        /// By a changed trace from which everything needless is gone.
        case trim
        /// By a number: the bytes that a load gets, or how often something happens.
        case predict
        /// By a changed trace that is right, and no slower than the best strategy or with no more of a counter.
        case cheapest
        /// By the name of a strategy.
        case strategy
    }

    /// How it is answered.
    public var kind: Kind
    /// A few words.
    public var title: String
    /// The question.
    public var ask: String
    /// What the question begins with; lines that its `without` names are taken out.
    public var trace: LessonTrace
    /// The machines on which the answer has to be right; empty: the one that the trace names.
    public var machines: [String]
    /// What of the declarations may be changed.
    public var free: Set<Freedom>
    /// Help, little by little.
    public var hints: [String]
    /// Of a prediction: the line of the load whose bytes are asked for, as a place of the trace.
    public var read: String?
    /// The counter that a prediction asks for, or that the cheapest answer is measured by.
    public var count: String?
    /// Of the cheapest answer: how much of the counter it may have.
    public var atMost: UInt64?
    /// The strategies that there are to choose from.
    public var strategies: [String]
    /// How much slower than the best an answer may be, in percent.
    public var within: Int
    /// Where the question begins in the file.
    public var line: Int

    /// Declarations that an answer may change.
    public enum Freedom: String, CaseIterable, Sendable {
        /// Where buffers lie.
        case buffers
        /// The memory type of regions.
        case regions
        /// How devices are attached.
        case devices
    }
}
