/// What an edit does, for those who count.
public enum MendKind: String, CaseIterable, Sendable {
    /// A statement is added.
    case add
    /// A statement covers more, or other, bytes.
    case widen
    /// A statement becomes another one: a stronger barrier, another function, another direction.
    case replace
    /// A statement is done earlier or later.
    case move
    /// Bytes get lines of their own.
    case align
    /// A declaration says something else.
    case declare
    /// A statement goes.
    case remove
}

/// What is preferred where several edits mend a hazard: the families of edits, by what they do.
enum MendFamily: Int, CaseIterable, Hashable, Sendable {
    /// The mend that a rule of the API asks for.
    case call
    /// The device's declaration.
    case declaration
    /// A barrier, or a stronger one.
    case barrier
    /// Bytes of other things in the same line.
    case layout
    /// Maintenance that is there, on the wrong bytes or with the wrong function.
    case correction
    /// Maintenance after a transfer.
    case towardsCore
    /// A clean before a transfer.
    case cleaning
    /// An invalidate before a transfer.
    case discarding
    /// A call or maintenance at another place.
    case order
    /// Maintenance that is not needed.
    case removal
    /// The instructions of a core.
    case instructions
    /// The attributes of memory.
    case attributes
}

/// One change of a trace that a person would make at once, such as "clean the buffer before the doorbell".
struct MendEdit: Hashable, Sendable {
    /// The changes of the text.
    var changes: [TraceText.Change]
    /// What it does.
    var kind: MendKind
    /// What it is for.
    var family: MendFamily
    /// Where it comes within its family: 0 is the idiom, more is what also works.
    ///
    /// Families stand ``familyStep`` apart, in the order that a hazard asks for: an edit of more comes among those of a later one.
    var order: Int
    /// What to do, as a sentence without its end.
    var advice: String

    /// How far apart the families of edits are in the order in which edits are preferred.
    static let familyStep = 100
    /// Behind the idioms of the next family: what leaves something behind that another path may need.
    static let behindNextFamily = 130
    /// Behind all families: what costs every access, and is taken where nothing else mends.
    static let lastResort = 600

    init(
        _ kind: MendKind, _ family: MendFamily, order: Int = 0, _ changes: [TraceText.Change],
        _ advice: String
    ) {
        self.kind = kind
        self.family = family
        self.order = order
        self.changes = changes
        self.advice = advice
    }
}
