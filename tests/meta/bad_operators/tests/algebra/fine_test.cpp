// [example]
evaluate(fine, {1});
// [example]
