/// What a grader says of an answer.
public struct Grade: Sendable, Hashable {
    /// Whether it is right.
    public var isRight: Bool
    /// Why, for the student: paragraphs.
    public var reasons: [String]

    static func right(_ reasons: String...) -> Grade { Grade(isRight: true, reasons: reasons) }
    static func wrong(_ reasons: String...) -> Grade { Grade(isRight: false, reasons: reasons) }
}
