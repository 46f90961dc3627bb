//! More words: of people's own pages, of deployments, of first steps, and of what is removed.

/// Gives all words to the macro that makes texts of them: those it was given, and these.
macro_rules! with_more {
    ($make:ident $($words:tt)*) => { $make! {
        $($words)*
        // Somebody's own pages.
        AccessTokens, "Access tokens", "访问令牌";
        Account, "Your account", "您的账户";
        AddToken, "Add a token", "添加令牌";
        AnyToken, "A token of yours", "您的任一令牌";
        ChangePassword, "Change password", "修改密码";
        CurrentPassword, "Current password, or a token of yours", "当前密码，或您的任一令牌";
        EndSession, "Sign out there", "在该处退出登录";
        EndsIn, "ends in {0}", "将在 {0}后结束";
        Expired, "expired", "已过期";
        ExpiresAt, "Expires on", "到期日期";
        ExpiresHint, "It opens nothing from the beginning of that day on, in UTC. Without a date it stays for ever.", "从该日（UTC）零点起失效。不填日期则永久有效。";
        LastUsed, "Last used", "最近使用";
        Never, "never", "从不";
        NewPassword, "New password", "新密码";
        NewPasswordAgain, "New password, once more", "再次输入新密码";
        NoDate, "The date of expiry is no date.", "到期日期不是有效的日期。";
        NoPasswordYet, "You have no password so far and sign in with a token.", "您还没有密码，目前使用令牌登录。";
        NoSuchProject, "There is no project at this path.", "此路径下没有项目。";
        NoTokens, "No tokens so far", "还没有令牌";
        OnlyProject, "For one project only", "仅限一个项目";
        OnlyProjectHint, "Its path. Such a token reads and sets up its project; it neither pushes nor starts jobs. Without a path, the token is for all projects.", "填写项目路径。此类令牌可读取和设置该项目，但不能推送代码或启动作业。不填则适用于所有项目。";
        Password, "Password", "密码";
        PasswordHint, "At least 8 characters. You are signed out everywhere else.", "至少 8 个字符。其他所有会话将退出登录。";
        PasswordWrong, "The current password or token is not right.", "当前密码或令牌不正确。";
        PasswordsDiffer, "The new password was not the same both times.", "两次输入的新密码不一致。";
        Revoke, "Revoke", "撤销";
        RevokeQuestion, "Revoke the token “{0}”? Whatever uses it is refused at once.", "要撤销令牌“{0}”吗？使用它的一切将立即被拒绝。";
        Revoked, "revoked", "已撤销";
        ScopeApi, "the whole API, and git", "完整的 API 以及 git";
        ScopeReadApi, "reading: the API, and cloning", "只读：API 以及克隆";
        ScopeReadRepository, "cloning and fetching", "克隆和拉取";
        ScopeWriteRepository, "cloning, fetching and pushing", "克隆、拉取和推送";
        Scopes, "What it opens", "权限范围";
        Sessions, "Sessions", "会话";
        SessionsHint, "Where you are signed in. End what you do not know, and change your password.", "您的登录位置。请结束您不认识的会话，并修改密码。";
        SignedInAt, "signed in", "登录于";
        ThisSession, "this browser", "当前浏览器";
        TokenCreated, "Token created", "令牌已创建";
        TokenName, "What it is for", "用途";
        TokensHint, "A token opens git and the API in your name, without your password.", "令牌以您的名义访问 git 和 API，无需密码。";
        UnknownBrowser, "Another program", "其他程序";
        // Tokens of runners.
        RegisterHere, "On the machine that is to run jobs:", "在要执行作业的机器上：";
        RegisterUnasked, "Without questions, with containers for jobs:", "不提问，并使用容器执行作业：";
        RegistrationHint, "Whoever has this token can register runners for all projects. A runner that is made here has a token of its own, which is better.", "持有此令牌的任何人都可以为所有项目注册运行器。更好的方式是在此创建运行器，使用其自己的令牌。";
        RegistrationReset, "This is the new token. The one before opens nothing any more.", "这是新令牌，旧令牌已失效。";
        RegistrationToken, "Registration token", "注册令牌";
        ResetRegistrationQuestion, "Make another registration token? Runners that are registered stay as they are.", "要生成新的注册令牌吗？已注册的运行器不受影响。";
        ResetRunnerQuestion, "Give the runner “{0}” another token? Machines with the one before get no more jobs.", "要为运行器“{0}”更换令牌吗？使用旧令牌的机器将不再领取作业。";
        ResetToken, "Reset token", "重置令牌";
        RunHint, "A gitlab-runner is started with: gitlab-runner run", "启动 gitlab-runner 的命令是：gitlab-runner run";
        RunStep, "Start it", "启动";
        ShowToken, "Show token", "显示令牌";
        TokenReset, "The runner has another token", "运行器已更换令牌";
        WithRunnerHint, "For a try on this machine, start the coordinator with a runner of its own: runner coordinator --with-runner", "在本机试用时，可让协调器自带运行器启动：runner coordinator --with-runner";
        // Deployments.
        AvailableOnes, "Available", "可用";
        Current, "current", "当前";
        DeleteEnvironmentQuestion, "Remove the environment {0} and the list of its deployments?", "要删除环境 {0} 及其部署记录吗？";
        Deployments, "Deployments", "部署";
        Redeploy, "Re-deploy", "重新部署";
        RedeployQuestion, "Deploy {0} to {1} once more?", "要将 {0} 再次部署到 {1} 吗？";
        Rollback, "Roll back", "回滚";
        RollbackQuestion, "Roll {0} back to {1}? Its job runs once more.", "要将 {0} 回滚到 {1} 吗？其作业会再次运行。";
        SearchEnvironments, "Search environments", "搜索环境";
        StopQuestion, "Stop the environment {0}? If a job does that, it starts now.", "要停止环境 {0} 吗？如有停止作业，将立即启动。";
        StoppedOnes, "Stopped", "已停止";
        // First steps.
        ExistingRepository, "An existing repository", "已有的仓库";
        HowToPush, "How to push", "如何推送";
        NewRepository, "A new repository", "新的仓库";
        // Artifacts, tests, pipelines.
        ArtifactsStay, "They stay until they are deleted.", "这些产物会一直保留，直到被删除。";
        DeleteArtifactsQuestion, "Delete all artifacts of this job? Jobs that need them will fail.", "要删除此作业的所有产物吗？依赖它们的作业将失败。";
        FailedTests, "Failed tests", "失败的测试";
        LatestArtifacts, "Address of the latest ones", "最新产物的地址";
        ShowJobsOf, "Jobs of #{0}", "#{0} 的作业";
        // Settings.
        Badges, "Badges", "徽章";
        BadgesHint, "Pictures of the default branch for a README, in Markdown.", "用于 README 的默认分支徽章，Markdown 格式。";
        BadgesPrivate, "Only those who are signed in see them, as the project is not public.", "项目不是公开的，因此只有登录者才能看到。";
        ModeNewest, "the newest pipeline first", "最新的流水线优先";
        ModeNewestReady, "the newest pipeline that is ready first", "已就绪的最新流水线优先";
        ModeOldest, "the oldest pipeline first", "最早的流水线优先";
        ModeUnordered, "whichever waits", "不排序";
        NotThePath, "What was typed is not the path of this project: nothing was deleted.", "输入的不是此项目的路径：没有删除任何内容。";
        ResourceGroups, "Resource groups", "资源组";
        ResourceGroupsHint, "One job of a group runs at a time. Which of those that wait is next?", "同一资源组一次只运行一个作业。等待中的作业按什么顺序运行？";
        TypePath, "Type the path of the project", "请输入项目路径";
        // What was done.
        DoneEnded, "The session has ended.", "会话已结束。";
        DoneRevoked, "Revoked.", "已撤销。";
        DoneStopped, "Stopping.", "正在停止。";
    } };
}
