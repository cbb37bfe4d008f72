import Lessons

/// The course on the whole screen.
struct LearnScreen {
    init(_ course: Course, _ folder: CourseFolder, lesson: String?) {}
    func run() throws {}
}
